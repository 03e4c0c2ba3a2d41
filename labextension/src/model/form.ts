/** What the tab of a process holds: a form, a payload, what is wrong with them; knows no DOM. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ISignal, Signal } from '@lumino/signaling';

import {
  AdesError,
  IJob,
  IProblem,
  IProcessDescription,
  Inputs
} from '../tokens';
import type { AdesModel } from './jobs';
import { IForm, dataOf, fits, formOf, inputsOf } from './payload';
import { explain } from './words';

export type Mode = 'form' | 'json';

export class FormModel {
  constructor(
    readonly jobs: AdesModel,
    readonly id: string,
    private readonly trans: TranslationBundle,
    inputs: Inputs = {}
  ) {
    void this.load(inputs);
  }

  process: IProcessDescription | null = null;
  form: IForm | null = null;
  mode: Mode = 'form';
  /** What the form's fields hold. */
  data: Inputs = {};
  /** What the JSON tab holds. */
  text = '';
  problems: IProblem[] = [];
  /** What was said last, in words; empty when nothing was. */
  said = '';
  /** Whether what was said is bad news. */
  wrong = false;
  busy = false;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read the description anew, and keep what is filled in. */
  async load(inputs?: Inputs): Promise<void> {
    await this.guard(async () => {
      this.process = await this.jobs.api.process(this.id);
      const kept = inputs ?? (this.form ? this.inputs() : {});
      this.form = formOf(this.process);
      this.data = dataOf(this.form, kept);
      this.text = written({ inputs: kept });
      if (!fits(this.form, kept)) {
        this.mode = 'json';
      }
    });
  }

  /** Put these inputs in the form. */
  fill(inputs: Inputs): void {
    if (this.form !== null) {
      this.data = dataOf(this.form, inputs);
      this.text = written({ inputs });
      this.mode = fits(this.form, inputs) ? 'form' : 'json';
      this.say('', []);
    }
  }

  setData(data: Inputs): void {
    this.data = data;
    this._changed.emit();
  }

  setText(text: string): void {
    this.text = text;
    this._changed.emit();
  }

  /** Change between form and JSON; what one holds goes over into the other. */
  setMode(mode: Mode): void {
    if (this.form === null || mode === this.mode) {
      return;
    }
    if (mode === 'json') {
      this.text = written({ inputs: inputsOf(this.form, this.data).inputs });
      this.mode = mode;
      this.say('', []);
      return;
    }
    try {
      const payload = this.payload();
      const inputs = inputsIn(payload);
      this.data = dataOf(this.form, inputs);
      this.mode = mode;
      const whole = isPlain(payload) && fits(this.form, inputs);
      const lost = this.trans.__(
        'The form cannot hold all of this payload; the JSON tab had more.'
      );
      this.say(whole ? '' : lost, [], !whole);
    } catch (error) {
      this.say((error as Error).message, [], true);
    }
  }

  /** The request's body; an Error in words when there is none. */
  payload(): unknown {
    if (this.mode === 'json') {
      try {
        return JSON.parse(this.text);
      } catch (error) {
        const why = (error as Error).message;
        throw new Error(this.trans.__('The payload is not JSON: %1', why));
      }
    }
    if (this.form === null) {
      return { inputs: {} };
    }
    const { inputs, problems } = inputsOf(this.form, this.data);
    if (problems.length > 0) {
      throw new AdesError(
        this.trans.__('Some values cannot be read.'),
        'refused',
        0,
        problems
      );
    }
    return { inputs };
  }

  /** The request's body, as far as it can be told. */
  body(): unknown {
    try {
      return this.payload();
    } catch {
      return { inputs: {} };
    }
  }

  /** What the inputs are now, as far as they can be told. */
  inputs(): Inputs {
    return inputsIn(this.body());
  }

  /** Ask the service what it thinks of the payload; nothing runs. */
  async validate(): Promise<void> {
    await this.guard(async () => {
      await this.jobs.api.check(this.id, this.payload());
      this.say(this.trans.__('The inputs fit: the process can run.'), []);
    });
  }

  /** Execute; the job, or null when the service refused. */
  async submit(): Promise<IJob | null> {
    let job: IJob | null = null;
    await this.guard(async () => {
      job = await this.jobs.api.execute(this.id, this.payload());
      this.jobs.record(job);
      this.say(this.trans.__('The job was accepted.'), []);
    });
    return job;
  }

  dispose(): void {
    Signal.clearData(this);
  }

  private async guard(action: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.say('', []);
    try {
      await action();
    } catch (error) {
      const problems = (error as AdesError).problems ?? [];
      const summary = this.trans._n(
        'One value does not fit.',
        '%1 values do not fit.',
        problems.length
      );
      const said = problems.length > 0 ? summary : explain(error, this.trans);
      this.say(said, problems, true);
    } finally {
      this.busy = false;
      this._changed.emit();
    }
  }

  private say(said: string, problems: IProblem[], wrong = false): void {
    this.said = said;
    this.problems = problems;
    this.wrong = wrong;
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
}

function written(payload: unknown): string {
  return JSON.stringify(payload, null, 2);
}

/** The map of inputs in a payload; empty for the older list, which a form cannot hold. */
function inputsIn(payload: unknown): Inputs {
  const inputs = (payload as { inputs?: unknown } | null)?.inputs;
  const isMap =
    typeof inputs === 'object' && inputs !== null && !Array.isArray(inputs);
  return isMap ? (inputs as Inputs) : {};
}

/** Whether a payload says nothing but a map of inputs. */
function isPlain(payload: unknown): boolean {
  const { inputs = {}, ...more } = (payload ?? {}) as { inputs?: unknown };
  return Object.keys(more).length === 0 && !Array.isArray(inputs);
}
