import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FormModel } from '../src/model/form';
import type { AdesModel } from '../src/model/jobs';
import { AdesError, IJob } from '../src/tokens';
import { job, process, service, trans, until } from './support';

const PROCESS = process({
  'item!': { type: 'string' },
  limit: { type: 'integer', default: 3 }
});

/** A form whose service takes payloads with `item`, and what was sent to it. */
async function formModel(
  inputs = {}
): Promise<{ model: FormModel; sent: unknown[] }> {
  const sent: unknown[] = [];
  const check = async (_: string, payload: unknown): Promise<void> => {
    sent.push(payload);
    if (!('item' in (payload as { inputs: object }).inputs)) {
      throw new AdesError('inputs.item: is required', 'refused', 400, [
        { path: 'inputs.item', detail: 'is required' }
      ]);
    }
  };
  const api = service({
    process: async () => PROCESS,
    check,
    execute: async (id, payload) => {
      await check(id, payload);
      return job(1, { status: 'accepted' });
    }
  });
  const jobs = { api, record: () => undefined } as unknown as AdesModel;
  const model = new FormModel(jobs, 'small', trans, inputs);
  await until(() => !model.busy);
  return { model, sent };
}

test('a form is validated, corrected and submitted', async () => {
  const { model, sent } = await formModel();
  await model.validate();
  assert.deepEqual(
    [model.wrong, model.said, model.problems.length],
    [true, 'One value does not fit.', 1]
  );
  model.setData({ ...model.data, item: 'a.json', limit: 4 });
  await model.validate();
  assert.deepEqual([model.wrong, model.problems], [false, []]);
  const made: IJob | null = await model.submit();
  assert.equal(made?.jobID, 'job-1');
  assert.deepEqual(sent[2], { inputs: { item: 'a.json', limit: 4 } });
});

test('what the form holds goes over into JSON and back', async () => {
  const { model } = await formModel({ item: 'a' });
  model.setMode('json');
  assert.deepEqual(JSON.parse(model.text), { inputs: { item: 'a' } });
  model.setText('{"inputs": {"item": "b", "limit": 9}}');
  model.setMode('form');
  assert.deepEqual(
    [model.mode, model.data, model.said],
    ['form', { item: 'b', limit: 9 }, '']
  );
});

test('a payload is sent as it is pasted', async () => {
  const { model, sent } = await formModel();
  model.setMode('json');
  model.setText('{"inputs": {"item": "b"}, "response": "raw"}');
  await model.submit();
  assert.deepEqual(sent, [{ inputs: { item: 'b' }, response: 'raw' }]);
  model.setMode('form');
  assert.match(model.said, /cannot hold all of this payload/);
});

test('broken JSON is said, stays, and is not sent', async () => {
  const { model, sent } = await formModel();
  model.setMode('json');
  model.setText('{"inputs": ');
  model.setMode('form');
  assert.deepEqual([model.mode, model.wrong], ['json', true]);
  assert.equal(await model.submit(), null);
  assert.match(model.said, /The payload is not JSON/);
  assert.deepEqual(sent, []);
});

test('inputs that no form holds open as JSON', async () => {
  const { model } = await formModel({ item: { href: 'a', type: 'x/y' } });
  assert.equal(model.mode, 'json');
  assert.deepEqual(JSON.parse(model.text).inputs.item, {
    href: 'a',
    type: 'x/y'
  });
});
