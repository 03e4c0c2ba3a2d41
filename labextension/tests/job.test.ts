import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal } from '@lumino/signaling';

import { JobModel } from '../src/model/job';
import type { AdesModel } from '../src/model/jobs';
import { AdesError, IJob } from '../src/tokens';
import { job, service, trans, until } from './support';

/** A job's model over a job that the test changes; the log is told once. */
function jobModel(now: { job: IJob | null }): JobModel {
  const jobs = {
    api: service({
      url: href => `https://h${href}`,
      job: async () => {
        if (now.job === null) {
          throw new AdesError('no such job', 'refused', 404);
        }
        return now.job;
      },
      inputs: async () => ({ a: 1 }),
      outputs: async () => ({ mean: 0.5 }),
      files: async () => [
        {
          class: 'File',
          basename: 'left.txt',
          location: '/files/wf-1/left.txt'
        }
      ],
      follow: async (_, take) => take('first line\nsecond')
    })
  } as unknown as AdesModel;
  Object.assign(jobs, { told: new Signal<AdesModel, string>(jobs) });
  return new JobModel(jobs, 'job-1', trans);
}

const told = (model: JobModel): void =>
  (
    model as never as { jobs: { told: Signal<unknown, string> } }
  ).jobs.told.emit('job-1');

test('a job is followed to its end: progress, log, results', async () => {
  const now = { job: job(1, { status: 'running', progress: 40 }) };
  const model = jobModel(now);
  await until(() => model.job !== null && model.log.lines.length === 2);
  assert.deepEqual(
    [model.job?.progress, model.inputs, model.results],
    [40, { a: 1 }, null]
  );
  now.job = job(1);
  told(model);
  await until(() => model.results !== null);
  assert.deepEqual(model.results, {
    files: [],
    literals: { mean: 0.5 },
    footprints: []
  });
  assert.deepEqual(model.log.lines, ['first line', 'second']);
  model.dispose();
});

test('a failed job shows what it left', async () => {
  const model = jobModel({ job: job(1, { status: 'failed' }) });
  await until(() => model.results !== null);
  assert.deepEqual(
    model.results?.files.map(({ name, href }) => [name, href]),
    [['left.txt', 'https://h/files/wf-1/left.txt']]
  );
  model.dispose();
});

test('a job that was removed says so', async () => {
  const model = jobModel({ job: null });
  await until(() => model.gone);
  assert.equal(model.problem, 'This job was removed.');
  model.dispose();
});
