/** How a list that was read page by page takes a newer first page. Pure. */

import type { IJob, IJobPage } from '../tokens';

/** Jobs that are known, newest first, and where older ones begin. */
export interface IKnown {
  jobs: IJob[];
  total: number;
  before?: number;
}

/**
 * Take the newest page: what it has replaces what was known, what stands behind it stays.
 * When nothing of it was known there may be a gap behind it, so the list begins anew.
 */
export function takeNewest(known: IKnown, page: IJobPage): IKnown {
  const listed = new Set(page.jobs.map(job => job.jobID));
  const oldest = page.jobs[page.jobs.length - 1];
  const overlaps = known.jobs.some(job => listed.has(job.jobID));
  if (page.before === undefined || oldest === undefined || !overlaps) {
    return { ...page, jobs: kept(known.jobs, page.jobs) };
  }
  const older = known.jobs.filter(
    job => !listed.has(job.jobID) && job.created <= oldest.created
  );
  const jobs = [...kept(known.jobs, page.jobs), ...older];
  const before = older.length > 0 ? known.before : page.before;
  return { jobs, total: page.total, before };
}

/** Take the page behind the last one. */
export function takeOlder(known: IKnown, page: IJobPage): IKnown {
  const listed = new Set(known.jobs.map(job => job.jobID));
  const more = page.jobs.filter(job => !listed.has(job.jobID));
  return {
    jobs: [...known.jobs, ...more],
    total: page.total,
    before: page.before
  };
}

/** Put a job as it stands now in its place; a new one comes first. */
export function takeJob(known: IKnown, job: IJob): IKnown {
  const place = known.jobs.findIndex(each => each.jobID === job.jobID);
  if (place < 0) {
    return {
      ...known,
      jobs: [job, ...known.jobs],
      total: known.total + 1
    };
  }
  const jobs = known.jobs.slice();
  jobs[place] = job;
  return { ...known, jobs };
}

/** Take a job away. */
export function dropJob(known: IKnown, jobID: string): IKnown {
  const jobs = known.jobs.filter(job => job.jobID !== jobID);
  const gone = known.jobs.length - jobs.length;
  return { ...known, jobs, total: known.total - gone };
}

/** The same objects for jobs that did not change, so that their rows need no drawing. */
function kept(known: IJob[], jobs: IJob[]): IJob[] {
  const old = new Map(known.map(job => [job.jobID, job]));
  return jobs.map(job => {
    const before = old.get(job.jobID);
    const same =
      before?.updated === job.updated &&
      before.status === job.status &&
      before.progress === job.progress &&
      before.message === job.message;
    return before !== undefined && same ? before : job;
  });
}
