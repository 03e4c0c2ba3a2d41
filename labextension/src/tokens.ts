/** The words of the service, as the panel reads them. */

/** One link of a process or a job. */
export interface ILink {
  rel: string;
  href: string;
  title?: string;
  type?: string;
}

/** A deployed process, as the list shows it. */
export interface IProcess {
  id: string;
  title: string;
  description: string;
  version: string;
  mutable: boolean;
  links: ILink[];
}

export type JobStatus =
  'accepted' | 'running' | 'successful' | 'failed' | 'dismissed';

/** One execution of a process. */
export interface IJob {
  jobID: string;
  processID: string;
  status: JobStatus;
  message: string;
  progress: number;
  created: string;
  links: ILink[];
}

/** Everything the panel shows at one moment. */
export interface IState {
  processes: IProcess[];
  jobs: IJob[];
  /** Why nothing can be shown, in words; empty when all is well. */
  problem: string;
}

/** What Jupyter's event bus calls a change of a job. */
export const JOB_EVENT = 'https://schema.jupyter-ades.org/job/v1';

/** The ids of the commands that this extension adds. */
export namespace CommandIDs {
  export const open = 'jupyter-ades:open';
  export const deploy = 'jupyter-ades:deploy';
  export const refresh = 'jupyter-ades:refresh';
}

/** Whether a job will never change again. */
export function isFinal(job: IJob): boolean {
  return !['accepted', 'running'].includes(job.status);
}
