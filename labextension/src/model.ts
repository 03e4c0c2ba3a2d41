/** What the panel shows, kept up to date; knows no DOM. */

import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import { AdesApi } from './api';
import { IJob, IState, isFinal } from './tokens';

/** Jobs that the panel shows. */
const SHOWN = 50;
/** Milliseconds between two looks: while a job is open, and otherwise. */
const BUSY = 1000;
const IDLE = 10000;

export class AdesModel {
  constructor(
    private readonly api: AdesApi,
    missing: string
  ) {
    this._state = {
      processes: [],
      jobs: [],
      problem: api.available ? '' : missing
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

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Begin to look, when there is something to look at. */
  start(): void {
    if (this.api.available) {
      void this.poll.start();
    }
  }

  /** Look now. */
  async refresh(): Promise<void> {
    if (this.api.available) {
      await this.poll.refresh();
      await this.poll.tick;
    }
  }

  async deploy(path: string): Promise<string> {
    const process = await this.api.deploy(path);
    await this.refresh();
    return process.id;
  }

  async dismiss(job: IJob): Promise<void> {
    await this.api.dismiss(job);
    await this.refresh();
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  private async look(): Promise<void> {
    try {
      const [processes, jobs] = await Promise.all([
        this.api.processes(),
        this.api.jobs(SHOWN)
      ]);
      this.set({ processes, jobs, problem: '' });
    } catch (error) {
      this.set({ ...this._state, problem: String((error as Error).message) });
      throw error;
    } finally {
      const busy = this._state.jobs.some(job => !isFinal(job));
      this.poll.frequency = {
        ...this.poll.frequency,
        interval: busy ? BUSY : IDLE
      };
    }
  }

  private set(state: IState): void {
    this._state = state;
    this._changed.emit();
  }

  private _state: IState;
  private readonly _changed = new Signal<this, void>(this);
  private readonly poll: Poll;
}
