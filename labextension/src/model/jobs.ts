/** Processes and jobs of the workspace, kept up to date; knows no DOM. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import type { AdesApi } from '../api';
import {
  AdesError,
  IJob,
  IJobEvent,
  IJobFilter,
  IProcess,
  JobCounts,
  isFinal
} from '../tokens';
import { IKnown, dropJob, takeJob, takeNewest, takeOlder } from './pages';
import { explain, missing } from './words';

/** Jobs that one look asks for, and that one page of older ones has. */
const NEWEST = 50;
const OLDER = 200;
/** Open jobs that one look asks for when they are not among the newest. */
const OPEN = 1000;
/** Milliseconds between two looks: while a job is open, and otherwise. */
const BUSY = 2000;
const IDLE = 10000;

/** Everything that the panel shows at one moment. */
export interface IState extends IKnown {
  processes: IProcess[];
  counts: JobCounts;
  filter: IJobFilter;
  /** Whether the first answer came. */
  ready: boolean;
  /** Why nothing can be shown, in words; empty when all is well. */
  problem: string;
}

export class AdesModel {
  constructor(
    readonly api: AdesApi,
    private readonly trans: TranslationBundle
  ) {
    this._state = {
      processes: [],
      jobs: [],
      total: 0,
      counts: {},
      filter: { statuses: [] },
      ready: false,
      problem: api.available ? '' : missing(trans)
    };
    this.poll = new Poll({
      auto: false,
      name: 'jupyter-ades:jobs',
      standby: 'when-hidden',
      frequency: { interval: IDLE, backoff: true, max: 60000 },
      factory: () => this.look()
    });
  }

  get state(): IState {
    return this._state;
  }

  /** Something that the panel shows is another. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A job that was seen open has ended. */
  get ended(): ISignal<this, IJob> {
    return this._ended;
  }

  /** A job was told of, by an event or an answer. */
  get told(): ISignal<this, string> {
    return this._told;
  }

  /** Jobs that are not final, in the whole workspace. */
  get open(): number {
    const { accepted = 0, running = 0 } = this._state.counts;
    return accepted + running;
  }

  /** Begin to look, when there is something to look at. */
  start(): void {
    if (this.api.available) {
      void this.poll.start();
    }
  }

  /** Look now; a look that is under way may have asked too early. */
  async refresh(): Promise<void> {
    if (!this.api.available) {
      return;
    }
    await this.poll.refresh();
    await this.poll.tick.catch(() => undefined);
  }

  /** Show the jobs of some states only; none is all. */
  async narrow(filter: IJobFilter): Promise<void> {
    this.set({ filter, jobs: [], before: undefined, ready: false });
    await this.refresh();
  }

  /** Read the next page of older jobs, once at a time. */
  async more(): Promise<void> {
    const { before, filter } = this._state;
    if (before === undefined || this.reading) {
      return;
    }
    this.reading = true;
    try {
      const page = await this.api.jobs(filter, OLDER, before);
      if (this._state.filter === filter) {
        this.set(takeOlder(this._state, page));
      }
    } catch (error) {
      this.set({ problem: explain(error, this.trans) });
    } finally {
      this.reading = false;
    }
  }

  /** Take what Jupyter's event bus tells of a job. */
  take(event: IJobEvent): void {
    const known = this._state.jobs.find(job => job.jobID === event.jobID);
    if (known !== undefined) {
      this.record({
        ...known,
        status: event.status,
        progress: event.progress,
        message: event.message
      });
    }
    this._told.emit(event.jobID);
    if (known === undefined || known.status !== event.status) {
      void this.refresh();
    }
  }

  /** Take a job as the service has just answered it. */
  record(job: IJob): void {
    const { statuses } = this._state.filter;
    const old = this._state.jobs.find(each => each.jobID === job.jobID);
    const shown = statuses.length === 0 || statuses.includes(job.status);
    if (old !== undefined || shown) {
      this.set(takeJob(this._state, job));
    }
    this.notice([job]);
  }

  async dismiss(job: IJob): Promise<void> {
    const answer = await this.api.dismiss(job.jobID);
    if (isFinal(job)) {
      this.set(dropJob(this._state, job.jobID));
    } else {
      this.watched.delete(job.jobID);
      this.record(answer);
      this._told.emit(job.jobID);
    }
    await this.refresh();
  }

  async rerun(job: IJob): Promise<IJob> {
    const again = await this.api.rerun(job.jobID);
    this.record(again);
    return again;
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  private async look(): Promise<void> {
    const { filter } = this._state;
    try {
      const [processes, page, counts] = await Promise.all([
        this.api.processes(),
        this.api.jobs(filter, NEWEST),
        this.api.counts()
      ]);
      if (this._state.filter !== filter) {
        return;
      }
      let known = takeNewest(this._state, page);
      for (const [id, job] of await this.older(known.jobs, page.jobs)) {
        known = job === null ? dropJob(known, id) : takeJob(known, job);
      }
      this.set({ ...known, processes, counts, ready: true, problem: '' });
      this.notice(known.jobs);
    } catch (error) {
      this.set({ problem: explain(error, this.trans) });
      throw error;
    } finally {
      const interval = this.open > 0 ? BUSY : IDLE;
      this.poll.frequency = { ...this.poll.frequency, interval };
    }
  }

  /** How the open jobs stand that are known but not among the newest; null for removed ones. */
  private async older(
    known: IJob[],
    newest: IJob[]
  ): Promise<Map<string, IJob | null>> {
    const listed = new Set(newest.map(job => job.jobID));
    const waiting = known.filter(
      job => !isFinal(job) && !listed.has(job.jobID)
    );
    const found = new Map<string, IJob | null>();
    if (waiting.length === 0) {
      return found;
    }
    const filter: IJobFilter = { statuses: ['accepted', 'running'] };
    const open = (await this.api.jobs(filter, OPEN)).jobs;
    const now = new Map(open.map(job => [job.jobID, job]));
    for (const { jobID } of waiting.slice(0, OPEN)) {
      found.set(jobID, now.get(jobID) ?? (await this.whatBecameOf(jobID)));
    }
    return found;
  }

  private async whatBecameOf(jobID: string): Promise<IJob | null> {
    try {
      return await this.api.job(jobID);
    } catch (error) {
      if ((error as AdesError).status === 404) {
        return null;
      }
      throw error;
    }
  }

  /** Tell of each job that ended since it was seen open. */
  private notice(jobs: IJob[]): void {
    for (const job of jobs) {
      if (!isFinal(job)) {
        this.watched.add(job.jobID);
      } else if (this.watched.delete(job.jobID)) {
        this._ended.emit(job);
      }
    }
  }

  private set(change: Partial<IState>): void {
    this._state = { ...this._state, ...change };
    this._changed.emit();
  }

  private _state: IState;
  private reading = false;
  private readonly watched = new Set<string>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, IJob>(this);
  private readonly _told = new Signal<this, string>(this);
  private readonly poll: Poll;
}
