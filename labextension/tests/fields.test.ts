import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fieldOf } from '../src/model/fields';

const plain = (schema: object): [unknown, boolean] => {
  const field = fieldOf(schema as never);
  return [field.schema.type, field.json === true];
};

const SHOWN: [object, string][] = [
  [{ type: 'string' }, 'string'],
  [{ type: 'string', format: 'uri' }, 'string'],
  [{ type: 'integer', minimum: 0 }, 'integer'],
  [{ type: ['integer', 'number'] }, 'number'],
  [{ type: ['boolean', 'null'] }, 'boolean'],
  [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, 'number'],
  [{ enum: ['a', 'b'] }, 'string'],
  [{ enum: [1, 2.5] }, 'number'],
  [{ const: true }, 'boolean'],
  [{ type: 'array', items: { type: 'string' } }, 'array'],
  [
    {
      type: 'array',
      prefixItems: [{ type: 'string' }, { type: 'integer' }],
      minItems: 2,
      maxItems: 2
    },
    'array'
  ],
  [{ type: 'object', properties: { a: { type: 'integer' } } }, 'object'],
  [
    { oneOf: [{ type: 'string' }, { type: 'object' }], 'x-stage-in': 'file' },
    'string'
  ]
];

for (const [schema, type] of SHOWN) {
  test(`a form shows ${JSON.stringify(schema)}`, () => {
    assert.deepEqual(plain(schema), [type, false]);
  });
}

const AS_JSON: unknown[] = [
  {},
  true,
  false,
  { type: 'null' },
  { type: 'object' },
  { type: 'array' },
  { type: ['string', 'integer'] },
  { type: 'array', items: false },
  { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'number' }] } },
  {
    type: 'array',
    prefixItems: [{ type: 'string' }],
    items: { type: 'number' }
  },
  { type: 'object', additionalProperties: { type: 'string' } },
  { type: 'object', properties: { a: { $ref: '#' } } },
  { oneOf: [{ type: 'string' }, { type: 'object' }] },
  { allOf: [{ type: 'string' }, { minLength: 2 }] },
  { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
  { $ref: '#/$defs/a', $defs: { a: { type: 'string' } } },
  { if: { type: 'string' }, then: { minLength: 2 } },
  { enum: [] },
  { enum: ['a', 1] },
  { enum: [{ a: 1 }] },
  { const: { a: 1 } },
  { not: { type: 'string' } },
  { type: 'nonsense' },
  { type: 7, enum: 'x', oneOf: 3, properties: [] },
  { patternProperties: { '^a': {} }, unevaluatedProperties: false },
  { contentEncoding: 'base64', contains: {}, dependentRequired: { a: ['b'] } },
  deep(8)
];

for (const schema of AS_JSON) {
  test(`${JSON.stringify(schema).slice(0, 90)} is written as JSON`, () => {
    const field = fieldOf(schema as never);
    assert.equal(field.json, true);
    assert.equal(field.schema.type, 'string');
    assert.equal(field.ui['ui:widget'], 'json');
  });
}

test('a bounding box has its sides by name', () => {
  const box = {
    type: 'array',
    items: { type: 'number' },
    minItems: 4,
    maxItems: 4
  };
  const { items } = fieldOf(box).schema as { items: { title: string }[] };
  assert.deepEqual(
    items.map(item => item.title),
    ['West', 'South', 'East', 'North']
  );
});

test('null is no choice of a list, and is remembered', () => {
  const field = fieldOf({ type: ['string', 'null'], enum: ['a', null] });
  assert.deepEqual([field.schema.enum, field.nullable], [['a'], true]);
});

test('a text of several lines has a field of several lines', () => {
  const field = fieldOf({ type: 'string', default: 'a\nb' });
  assert.equal(field.ui['ui:widget'], 'textarea');
});

function deep(levels: number): object {
  const inside = levels > 0 ? deep(levels - 1) : { type: 'string' };
  return { type: 'array', items: inside };
}
