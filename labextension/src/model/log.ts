/** The lines of a log as they come, within bounds. */

import { ISignal, Signal } from '@lumino/signaling';

/** Lines that are kept; older ones are let go and counted. */
const KEPT = 200_000;
/** Characters of one line that is shown; a longer one goes on in the next. */
const WIDE = 2_000;
/** What terminals are told and people should not read: colours, cursor moves, titles. */
const CONTROL =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export class LogBuffer {
  constructor(
    private readonly kept = KEPT,
    private readonly wide = WIDE
  ) {}

  /** Finished lines and the one that is being written. */
  get lines(): readonly string[] {
    return this._lines;
  }

  /** Lines that were let go. */
  get dropped(): number {
    return this._dropped;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Take more text; it may end within a line, and begin within one. */
  append(text: string): void {
    const parts = (this.partial + text).split('\n');
    this.partial = parts.pop() ?? '';
    if (this.pending) {
      this._lines.splice(this._lines.length - this.pending, this.pending);
    }
    for (const part of parts) {
      this.push(part);
    }
    this.pending = this.partial === '' ? 0 : this.push(this.partial);
    const extra = this._lines.length - this.kept;
    // Cut seldom: each cut moves every line.
    if (extra > this.kept / 10) {
      this._lines.splice(0, extra);
      this._dropped += extra;
    }
    this._changed.emit();
  }

  /** Begin anew. */
  clear(): void {
    this._lines = [];
    this._dropped = 0;
    this.partial = '';
    this.pending = 0;
    this._changed.emit();
  }

  /** Add one line of a log as the lines that are shown; how many these are. */
  private push(line: string): number {
    const shown = line.endsWith('\r') ? line.slice(0, -1) : line;
    // A progress bar writes over its line again and again.
    const last = shown.slice(shown.lastIndexOf('\r') + 1);
    const plain = last.replace(CONTROL, '');
    let count = 0;
    do {
      const from = count * this.wide;
      this._lines.push(plain.slice(from, from + this.wide));
      count += 1;
    } while (count * this.wide < plain.length);
    return count;
  }

  private _lines: string[] = [];
  private _dropped = 0;
  private partial = '';
  /** Shown lines that the unfinished one takes. */
  private pending = 0;
  private readonly _changed = new Signal<this, void>(this);
}
