/** What the tests of the models share: words as they are, and a service made of answers. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { AdesApi } from '../src/api';
import type { IJob, IProcessDescription } from '../src/tokens';

const fill = (text: string, values: unknown[]): string =>
  text.replace(/%(\d)/g, (_, place) => String(values[Number(place) - 1]));

/** A translation that translates nothing. */
export const trans = {
  __: (text: string, ...values: unknown[]) => fill(text, values),
  _n: (one: string, many: string, count: number, ...values: unknown[]) =>
    fill(count === 1 ? one : many, [count, ...values])
} as unknown as TranslationBundle;

/** A job; `place` counts from the oldest. */
export function job(place: number, change: Partial<IJob> = {}): IJob {
  const time = new Date(Date.UTC(2026, 0, 1) + place * 1000).toISOString();
  return {
    jobID: `job-${place}`,
    processID: 'small',
    status: 'successful',
    message: 'Done',
    progress: 100,
    created: time,
    updated: time,
    links: [],
    ...change
  };
}

/** A process whose inputs have these schemas; a name with `!` is required. */
export function process(inputs: {
  [name: string]: object | boolean;
}): IProcessDescription {
  const described = Object.entries(inputs).map(([name, schema]) => [
    name.replace('!', ''),
    {
      title: name.replace('!', ''),
      description: '',
      schema,
      minOccurs: name.endsWith('!') ? 1 : 0
    }
  ]);
  return {
    id: 'small',
    title: 'Small',
    description: '',
    version: '1',
    mutable: true,
    links: [],
    inputs: Object.fromEntries(described)
  };
}

/** A service that answers as it is told. */
export function service(answers: Partial<AdesApi>): AdesApi {
  return { available: true, root: '/me/wps3', ...answers } as AdesApi;
}

/** Wait until something holds, but not for ever. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!holds()) {
    if (Date.now() > deadline) {
      throw new Error('it never came to hold');
    }
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
