/** One job as its tab shows it; knows no DOM. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import { AdesError, IJob, Inputs, isFinal } from '../tokens';
import type { AdesModel } from './jobs';
import { LogBuffer } from './log';
import { IResultFile, filesOf, literalsOf } from './outputs';
import { IFootprint, footprints } from './stac';
import { explain } from './words';

/** Milliseconds between two looks at a job that has not ended. */
const INTERVAL = 1000;

/** What a job left. */
export interface IResults {
  files: IResultFile[];
  /** Output id to a value that is no file. */
  literals: { [id: string]: unknown };
  footprints: IFootprint[];
}

export class JobModel {
  constructor(
    private readonly jobs: AdesModel,
    readonly id: string,
    private readonly trans: TranslationBundle
  ) {
    jobs.told.connect(this.onTold, this);
    this.poll = new Poll({
      auto: false,
      name: `jupyter-ades:job:${id}`,
      standby: 'when-hidden',
      frequency: { interval: INTERVAL, backoff: true, max: 30000 },
      factory: () => this.look()
    });
    void this.poll.start();
  }

  readonly log = new LogBuffer();
  job: IJob | null = null;
  inputs: Inputs | null = null;
  results: IResults | null = null;
  /** Whether the job is there no more. */
  gone = false;
  /** What is wrong, in words; empty when all is well. */
  problem = '';

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  /** Stop the job, or remove a finished one. */
  async dismiss(): Promise<void> {
    if (this.job !== null) {
      await this.jobs.dismiss(this.job);
    }
  }

  dispose(): void {
    this.stop.abort();
    this.poll.dispose();
    Signal.clearData(this);
  }

  private onTold(_: AdesModel, jobID: string): void {
    if (jobID === this.id && !this.isDisposed) {
      void this.poll.refresh();
    }
  }

  private async look(): Promise<void> {
    try {
      const job = await this.jobs.api.job(this.id);
      this.problem = '';
      this.job = job;
      this.inputs ??= await this.jobs.api.inputs(this.id);
      this.readLog();
      if (isFinal(job)) {
        this.results ??= await this.read(job);
        this.rest();
      }
    } catch (error) {
      this.gone = (error as AdesError).status === 404;
      this.problem = this.gone
        ? this.trans.__('This job was removed.')
        : explain(error, this.trans);
      if (!this.gone) {
        throw error;
      }
      this.rest();
    } finally {
      this._changed.emit();
    }
  }

  /** Look no more, but when something is told of the job. */
  private rest(): void {
    this.poll.frequency = { ...this.poll.frequency, interval: Poll.NEVER };
  }

  /** Follow the log from the time that the job has begun; again after a break. */
  private readLog(): void {
    if (this.reading || this.logged || this.job?.status === 'accepted') {
      return;
    }
    this.reading = true;
    this.log.clear();
    const take = (text: string): void => this.log.append(text);
    this.jobs.api
      .follow(this.id, take, this.stop.signal)
      .then(() => {
        this.logged = true;
      })
      .catch(() => undefined)
      .finally(() => {
        this.reading = false;
      });
  }

  private async read(job: IJob): Promise<IResults> {
    const { api } = this.jobs;
    if (job.status === 'successful') {
      const outputs = await api.outputs(this.id);
      const json = async (href: string): Promise<unknown> =>
        (await api.file(href)).json();
      const catalog = job.links.find(link => link.rel === 'catalog')?.href;
      return {
        files: filesOf(outputs, href => api.url(href)),
        literals: literalsOf(outputs),
        footprints: catalog ? await footprints(api.url(catalog), json) : []
      };
    }
    const { status } = job;
    const left =
      status === 'failed' ? await api.files(this.id).catch(() => []) : [];
    return {
      files: filesOf({ '': left }, href => api.url(href)),
      literals: {},
      footprints: []
    };
  }

  private reading = false;
  /** The log was read to its end. */
  private logged = false;
  private readonly stop = new AbortController();
  private readonly _changed = new Signal<this, void>(this);
  private readonly poll: Poll;
}
