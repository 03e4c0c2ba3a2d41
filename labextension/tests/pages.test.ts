import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dropJob, takeJob, takeNewest, takeOlder } from '../src/model/pages';
import { job } from './support';

const NONE = { jobs: [], total: 0 };
const jobs = (from: number, to: number): ReturnType<typeof job>[] =>
  Array.from({ length: from - to + 1 }, (_, place) => job(from - place));
const ids = (known: { jobs: { jobID: string }[] }): string =>
  known.jobs.map(each => each.jobID.slice(4)).join(' ');

test('older pages come behind, each job once', () => {
  const first = takeNewest(NONE, { jobs: jobs(9, 7), total: 9, before: 7 });
  const more = takeOlder(first, { jobs: jobs(7, 5), total: 9, before: 5 });
  assert.equal(ids(more), '9 8 7 6 5');
  assert.equal(more.before, 5);
});

test('a newer first page keeps what was read behind it', () => {
  const known = { jobs: jobs(9, 4), total: 9, before: 4 };
  const page = { jobs: jobs(11, 9), total: 11, before: 9 };
  const after = takeNewest(known, page);
  assert.equal(ids(after), '11 10 9 8 7 6 5 4');
  assert.deepEqual([after.total, after.before], [11, 4]);
});

test('jobs that are no more on the first page are gone', () => {
  const known = { jobs: jobs(9, 4), total: 9, before: 4 };
  const page = { jobs: [job(9), job(7), job(6)], total: 8, before: 6 };
  assert.equal(ids(takeNewest(known, page)), '9 7 6 5 4');
});

test('a gap begins the list anew', () => {
  const known = { jobs: jobs(4, 1), total: 4, before: undefined };
  const page = { jobs: jobs(99, 97), total: 99, before: 97 };
  const after = takeNewest(known, page);
  assert.equal(ids(after), '99 98 97');
  assert.equal(after.before, 97);
});

test('a page that is all there is takes the place of everything', () => {
  const known = { jobs: jobs(9, 1), total: 9 };
  assert.equal(ids(takeNewest(known, { jobs: jobs(9, 8), total: 2 })), '9 8');
  assert.equal(ids(takeNewest(known, { jobs: [], total: 0 })), '');
});

test('jobs that did not change are the same objects', () => {
  const known = { jobs: jobs(3, 1), total: 3 };
  const changed = job(2, { progress: 50, status: 'running' });
  const after = takeNewest(known, {
    jobs: [job(3), changed, job(1)],
    total: 3
  });
  assert.equal(after.jobs[0], known.jobs[0]);
  assert.equal(after.jobs[1], changed);
  assert.equal(after.jobs[2], known.jobs[2]);
});

test('one job is put in its place, a new one comes first, one is taken away', () => {
  const known = { jobs: jobs(3, 1), total: 3 };
  const changed = takeJob(known, job(2, { message: 'new' }));
  assert.equal(changed.jobs[1]?.message, 'new');
  assert.deepEqual(
    [ids(takeJob(known, job(4))), takeJob(known, job(4)).total],
    ['4 3 2 1', 4]
  );
  assert.deepEqual(
    [ids(dropJob(known, 'job-2')), dropJob(known, 'job-2').total],
    ['3 1', 2]
  );
  assert.equal(dropJob(known, 'nobody').total, 3);
});
