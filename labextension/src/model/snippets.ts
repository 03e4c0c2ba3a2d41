/** A request as people write it elsewhere: Python, curl, %ades. Pure. */

import type { Inputs } from '../tokens';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A JSON value as Python writes it. */
export function python(value: unknown): string {
  if (value === null || value === undefined) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (Array.isArray(value)) {
    return `[${value.map(python).join(', ')}]`;
  }
  if (typeof value === 'object') {
    const pairs = Object.entries(value).map(
      ([key, each]) => `${JSON.stringify(key)}: ${python(each)}`
    );
    return `{${pairs.join(', ')}}`;
  }
  return JSON.stringify(value);
}

/** Lines for a notebook of the same server. */
export function asPython(processID: string, inputs: Inputs): string {
  const entries = Object.entries(inputs);
  const named = entries.every(([name]) => NAME.test(name));
  const given = named
    ? entries.map(([name, value]) => `\n    ${name}=${python(value)},`).join('')
    : python(inputs);
  return [
    'from jupyter_ades import Client',
    '',
    'client = Client()',
    `job = client.process(${JSON.stringify(processID)}).execute(${given}${
      named && entries.length > 0 ? '\n' : ''
    })`,
    'job.wait()'
  ].join('\n');
}

/** A command; the token is the reader's own, never this page's. */
export function asCurl(
  root: string,
  processID: string,
  payload: unknown
): string {
  const body = JSON.stringify(payload, null, 2).replace(/'/g, `'\\''`);
  return [
    `curl -X POST '${root}/processes/${encodeURIComponent(processID)}/jobs' \\`,
    `  -H "Authorization: token $JUPYTER_TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H 'Prefer: respond-async' \\`,
    `  -d '${body}'`
  ].join('\n');
}

/** A cell; its body is YAML, and JSON is YAML. The magic's own marks are doubled. */
export function asMagic(processID: string, inputs: Inputs): string {
  const lines = Object.entries(inputs).map(([name, value]) => {
    const plain = NAME.test(name) ? name : JSON.stringify(name);
    return `${plain}: ${JSON.stringify(value, escaped)}`;
  });
  return [`%%ades execute ${processID}`, ...lines].join('\n');
}

function escaped(_: string, value: unknown): unknown {
  return typeof value === 'string'
    ? value.replace(/[${}]/g, mark => mark + mark)
    : value;
}
