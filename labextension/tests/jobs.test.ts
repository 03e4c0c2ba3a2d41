import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AdesModel } from '../src/model/jobs';
import { AdesError, IJob } from '../src/tokens';
import { job, service, trans, until } from './support';

/** A model over a list of jobs that the test changes. */
function modelOf(jobs: IJob[]): { model: AdesModel; asked: string[] } {
  const asked: string[] = [];
  const api = service({
    processes: async () => [],
    counts: async () => ({
      running: jobs.filter(each => each.status === 'running').length
    }),
    jobs: async (filter, limit, before) => {
      asked.push(`${filter.statuses.join()}/${limit}/${before ?? ''}`);
      const fit = jobs.filter(
        each =>
          filter.statuses.length === 0 || filter.statuses.includes(each.status)
      );
      const from = before ?? 0;
      const to = from + Math.min(limit, 50);
      const next = to < fit.length ? to : undefined;
      return { jobs: fit.slice(from, to), total: fit.length, before: next };
    },
    job: async id => {
      const found = jobs.find(each => each.jobID === id);
      if (found === undefined) {
        throw new AdesError('no such job', 'refused', 404);
      }
      return found;
    },
    dismiss: async id => {
      const place = jobs.findIndex(each => each.jobID === id);
      const [gone] = jobs.splice(place, 1);
      return gone as IJob;
    }
  });
  return { model: new AdesModel(api, trans), asked };
}

test('it looks, and tells which job that was open has ended', async () => {
  const jobs = [job(2, { status: 'running', progress: 10 }), job(1)];
  const { model } = modelOf(jobs);
  const ended: string[] = [];
  model.ended.connect((_, each) => ended.push(each.jobID));
  await model.refresh();
  assert.deepEqual([model.open, model.state.total, ended], [1, 2, []]);
  jobs[0] = job(2);
  await model.refresh();
  await model.refresh();
  assert.deepEqual([model.open, ended], [0, ['job-2']]);
  model.dispose();
});

test('an event changes its job at once, without a look', async () => {
  const jobs = [job(1, { status: 'running', progress: 10 })];
  const { model, asked } = modelOf(jobs);
  await model.refresh();
  const before = asked.length;
  const event = { workspace: 'me', jobID: 'job-1', processID: 'small' };
  model.take({ ...event, status: 'running', progress: 60, message: 'cell 3' });
  assert.equal(model.state.jobs[0]?.progress, 60);
  assert.equal(model.state.jobs[0]?.message, 'cell 3');
  assert.equal(asked.length, before);
  model.dispose();
});

test('an event of a job that is not known makes it look', async () => {
  const jobs = [job(1)];
  const { model } = modelOf(jobs);
  await model.refresh();
  jobs.unshift(job(2, { status: 'running' }));
  const event = { workspace: 'me', jobID: 'job-2', processID: 'small' };
  model.take({ ...event, status: 'running', progress: 0, message: '' });
  await until(() => model.state.jobs.length === 2);
  model.dispose();
});

test('older jobs are read page by page, and open ones among them are followed', async () => {
  const jobs = Array.from({ length: 120 }, (_, place) => job(120 - place));
  jobs[110] = job(10, { status: 'running' });
  const { model } = modelOf(jobs);
  await model.refresh();
  await Promise.all([model.more(), model.more()]);
  await model.more();
  await model.more();
  assert.equal(model.state.jobs.length, 120);
  jobs[110] = job(10, { status: 'failed' });
  await model.refresh();
  assert.equal(model.state.jobs[110]?.status, 'failed');
  model.dispose();
});

test('an open job that was removed elsewhere is dropped', async () => {
  const jobs = Array.from({ length: 60 }, (_, place) => job(60 - place));
  jobs[55] = job(5, { status: 'running' });
  const { model } = modelOf(jobs);
  await model.refresh();
  await model.more();
  jobs.splice(55, 1);
  await model.refresh();
  assert.equal(
    model.state.jobs.some(each => each.jobID === 'job-5'),
    false
  );
  assert.equal(model.state.problem, '');
  model.dispose();
});

test('a narrowed list asks for its states alone', async () => {
  const jobs = [job(2, { status: 'failed' }), job(1)];
  const { model, asked } = modelOf(jobs);
  await model.narrow({ statuses: ['failed'] });
  assert.equal(asked[asked.length - 1], 'failed/50/');
  assert.deepEqual(
    model.state.jobs.map(each => each.jobID),
    ['job-2']
  );
  model.dispose();
});

test('a removed job is gone at once', async () => {
  const { model } = modelOf([job(2), job(1)]);
  await model.refresh();
  await model.dismiss(model.state.jobs[0] as IJob);
  assert.deepEqual(
    model.state.jobs.map(each => each.jobID),
    ['job-1']
  );
  model.dispose();
});

const TROUBLES: [AdesError, RegExp][] = [
  [new AdesError('Forbidden', 'session', 403), /no longer logged in/],
  [new AdesError('gone', 'unreachable'), /does not answer.*tries again/],
  [new AdesError('The disk is full.', 'refused', 507), /^The disk is full\.$/]
];

for (const [error, words] of TROUBLES) {
  test(`${error.reason} is said in words, and forgotten when it is over`, async () => {
    let broken = true;
    const { model } = modelOf([job(1)]);
    const { counts } = model.api;
    model.api.counts = () => (broken ? Promise.reject(error) : counts());
    await model.refresh();
    assert.match(model.state.problem, words);
    broken = false;
    await model.refresh();
    assert.deepEqual([model.state.problem, model.state.jobs.length], ['', 1]);
    model.dispose();
  });
}

test('without a server half it says so and asks nothing', async () => {
  const model = new AdesModel(service({ available: false }), trans);
  model.start();
  await model.refresh();
  assert.match(
    model.state.problem,
    /jupyter server extension enable jupyter_ades/
  );
  model.dispose();
});
