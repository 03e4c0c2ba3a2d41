import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  dataOf,
  fits,
  formOf,
  helpOf,
  inputsOf,
  placed
} from '../src/model/payload';
import { process } from './support';

const LINK = { oneOf: [{ type: 'string' }], 'x-stage-in': 'file' };
const TEXTS = { type: 'array', items: { type: 'string' } };
const form = formOf(
  process({
    'item!': LINK,
    index: { enum: ['ndvi', 'nbr'], type: 'string', default: 'ndvi' },
    limit: { type: ['integer', 'null'], default: 3 },
    'names!': TEXTS,
    'area.of': { type: 'object' },
    anything: {},
    group: { type: 'object', properties: { a: { type: 'string' }, b: TEXTS } }
  })
);

test('a form says what is filled in, and not what the service takes by itself', () => {
  const { inputs, problems } = inputsOf(form, {
    item: 'a.json',
    index: 'ndvi',
    limit: 3,
    names: ['x', undefined, ''],
    group: { a: undefined, b: [] }
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(inputs, { item: 'a.json', names: ['x'], group: { b: [] } });
});

test('a default that was emptied becomes null where null is good', () => {
  const { inputs } = inputsOf(form, {
    item: 'a',
    index: undefined,
    limit: undefined
  });
  assert.deepEqual(inputs, { item: 'a', limit: null });
});

test('JSON is read, and a bare text is taken where any value is good', () => {
  const { inputs, problems } = inputsOf(form, {
    limit: 3,
    'area.of': ' {"a": [1]} ',
    anything: 'just words'
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(inputs, { 'area.of': { a: [1] }, anything: 'just words' });
});

test('broken JSON is a problem at its field', () => {
  const { problems } = inputsOf(form, { 'area.of': '{"a": ', anything: '[1' });
  assert.deepEqual(
    problems.map(({ path }) => path),
    ['inputs.area.of', 'inputs.anything']
  );
  assert.match(problems[0]?.detail ?? '', /^This is not JSON: /);
});

test('inputs go into the form and come out the same', () => {
  const inputs = {
    item: 'a.json',
    index: 'nbr',
    limit: 5,
    names: ['x', 'y'],
    'area.of': { a: 1 },
    anything: 'words',
    group: { a: 'b' }
  };
  assert.deepEqual(inputsOf(form, dataOf(form, inputs)).inputs, inputs);
  assert.equal(fits(form, inputs), true);
});

test('text that looks like JSON stays text', () => {
  const inputs = { anything: '12', limit: 4 };
  assert.deepEqual(inputsOf(form, dataOf(form, inputs)).inputs, inputs);
});

test('a bare link is its href; a link that says more does not fit a form', () => {
  assert.equal(dataOf(form, { item: { href: 'a.json' } }).item, 'a.json');
  assert.equal(fits(form, { item: { href: 'a.json' } }), true);
  assert.equal(fits(form, { item: { href: 'a', type: 'x/y' } }), false);
  assert.equal(fits(form, { unknown: 1 }), false);
});

test('a required list begins with an empty field', () => {
  assert.deepEqual(dataOf(form, {}), { names: [undefined] });
  assert.deepEqual(inputsOf(form, { limit: 3, names: [undefined] }).inputs, {});
});

test('problems stand at the fields that they speak of', () => {
  const { errors, others } = placed(form, [
    { path: 'inputs.names[1]', detail: 'no text' },
    { path: 'inputs.names[1]', detail: 'too long' },
    { path: 'inputs.group.b[0]', detail: 'deep' },
    { path: 'inputs.area.of.x', detail: 'in JSON' },
    { path: 'inputs.item', detail: 'is required' },
    { path: 'inputs.nobody', detail: 'unknown' },
    { path: 'response', detail: 'raw or document' }
  ]);
  assert.deepEqual(errors, {
    names: { 1: { __errors: ['no text', 'too long'] } },
    group: { b: { 0: { __errors: ['deep'] } } },
    'area.of': { __errors: ['in JSON'] },
    item: { __errors: ['is required'] }
  });
  assert.deepEqual(
    others.map(({ path }) => path),
    ['inputs.nobody', 'response']
  );
});

test('bounds are said in short', () => {
  assert.equal(helpOf({ minimum: 0, exclusiveMaximum: 1 }), '\u2265 0, < 1');
  assert.equal(helpOf(true), '');
});
