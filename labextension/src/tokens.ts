/** The words of the service, as the client side reads them. */

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

/** A JSON Schema, or a part of one. */
export type Schema = { [key: string]: unknown };

/** One input of a process. */
export interface IInput {
  title: string;
  description: string;
  schema: Schema | boolean;
  minOccurs: number;
  metadata?: { title: string; value: string }[];
}

/** What could be better in a package, or is wrong with a request: where, and what. */
export interface IProblem {
  path: string;
  detail: string;
}

/** A process with its inputs. */
export interface IProcessDescription extends IProcess {
  inputs: { [id: string]: IInput };
  warnings?: IProblem[];
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
  started?: string;
  finished?: string;
  updated: string;
  pinned?: boolean;
  links: ILink[];
}

/** Jobs, newest first. */
export interface IJobPage {
  jobs: IJob[];
  /** How many there are in all. */
  total: number;
  /** Where the next page begins; undefined when this is the last. */
  before?: number;
}

/** What a list of jobs is narrowed to; an empty list is everything. */
export interface IJobFilter {
  statuses: JobStatus[];
}

/** How many jobs there are in each state. */
export type JobCounts = { [status in JobStatus]?: number };

/** What Jupyter's event bus tells of a job. */
export interface IJobEvent {
  workspace: string;
  jobID: string;
  processID: string;
  status: JobStatus;
  progress: number;
  message: string;
}

/** Input id to value. */
export type Inputs = { [id: string]: unknown };

/** CWL's File and Directory objects, in which the service describes outputs. */
export interface IOutputFile {
  class: 'File' | 'Directory';
  basename: string;
  location?: string;
  size?: number;
  listing?: IOutputFile[];
}

/** What Jupyter's event bus calls a change of a job. */
export const JOB_EVENT = 'https://schema.jupyter-ades.org/job/v1';

/** The ids of the commands that this extension adds. */
export namespace CommandIDs {
  export const open = 'jupyter-ades:open';
  export const refresh = 'jupyter-ades:refresh';
  export const deploy = 'jupyter-ades:deploy';
  export const run = 'jupyter-ades:run';
  export const runNotebook = 'jupyter-ades:run-notebook';
  export const openProcess = 'jupyter-ades:open-process';
  export const openJob = 'jupyter-ades:open-job';
  export const openResults = 'jupyter-ades:open-results';
}

/** The id of the plugin, which its settings are kept under. */
export const PLUGIN = 'jupyter-ades:plugin';

/** Why a request came to nothing. */
export type Reason = 'refused' | 'session' | 'unreachable';

/** A request that came to nothing; a refusal in the service's own words. */
export class AdesError extends Error {
  constructor(
    message: string,
    readonly reason: Reason,
    readonly status = 0,
    readonly problems: IProblem[] = []
  ) {
    super(message);
    this.name = 'AdesError';
  }
}

/** Whether a job will never change again. */
export function isFinal(job: { status: JobStatus }): boolean {
  return !['accepted', 'running'].includes(job.status);
}
