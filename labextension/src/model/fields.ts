/** JSON Schema of an input to what a form can show. Pure; what it cannot show is a JSON field. */

import type { Schema } from '../tokens';

/** How one input is asked for. */
export interface IField {
  /** What the form's library is given: a small, safe part of JSON Schema. */
  schema: Schema;
  /** Its `uiSchema`. */
  ui: Schema;
  /** The value is written as JSON. */
  json?: boolean;
  /** A plain text is good JSON too: the schema takes strings. */
  text?: boolean;
  nullable?: boolean;
}

/** Levels of objects and arrays that a form shows. */
const DEPTH = 3;
const SCALARS = ['string', 'number', 'integer', 'boolean'];
/** Formats that browsers have a field for. */
const FORMATS = ['date', 'date-time', 'email'];
const BOUNDS = ['minimum', 'maximum', 'default', 'title', 'description'];
const BBOX = ['West', 'South', 'East', 'North'];
/** A value of the service's own: it is fetched for the job. */
const STAGE_IN = 'x-stage-in';

/** The field of an input. */
export function fieldOf(schema: Schema | boolean): IField {
  const whole = typeof schema === 'boolean' ? {} : schema;
  const [rest, nullable] = withoutNull(whole);
  const shown = rest === null ? null : shownAs(rest, 0);
  if (shown === null) {
    const { title, description } = whole;
    return {
      schema: { type: 'string', title, description },
      ui: { 'ui:widget': 'json' },
      json: true,
      text: takesText(whole),
      nullable
    };
  }
  const given = 'default' in whole ? { default: whole.default } : {};
  return { ...shown, schema: { ...shown.schema, ...given }, nullable };
}

/** The schema for values that are not null, and whether null is one too. */
export function withoutNull(schema: Schema): [Schema | null, boolean] {
  const { type, enum: values } = schema;
  if (Array.isArray(type) && type.includes('null')) {
    const types = type.filter(each => each !== 'null');
    const listed = Array.isArray(values)
      ? { enum: values.filter(each => each !== null) }
      : {};
    const rest = types.length === 1 ? types[0] : types;
    return [{ ...schema, type: rest, ...listed }, true];
  }
  for (const word of ['anyOf', 'oneOf']) {
    const branches = schema[word];
    if (Array.isArray(branches) && branches.some(isNull)) {
      const others = branches.filter(each => !isNull(each));
      const around = { ...schema };
      delete around[word];
      return others.length === 1 && isObject(others[0])
        ? [{ ...others[0], ...around }, true]
        : [{ ...around, [word]: others }, true];
    }
  }
  return type === 'null' ? [null, true] : [schema, false];
}

function shownAs(schema: unknown, depth: number): IField | null {
  if (!isObject(schema) || depth > DEPTH) {
    return null;
  }
  if (STAGE_IN in schema) {
    return reference(schema);
  }
  if (Array.isArray(schema.enum) || 'const' in schema) {
    return choice(schema);
  }
  if (['oneOf', 'anyOf', 'allOf', '$ref', 'if'].some(word => word in schema)) {
    return null;
  }
  if (schema.type === 'array') {
    return list(schema, depth);
  }
  if (schema.type === 'object') {
    return group(schema, depth);
  }
  return scalar(schema);
}

function reference(schema: Schema): IField | null {
  if (schema.type === 'array') {
    return null;
  }
  const { title, description } = schema;
  return {
    schema: { type: 'string', title, description },
    ui: { 'ui:placeholder': 'https://... , s3://... , folder/file' }
  };
}

function choice(schema: Schema): IField | null {
  const values = Array.isArray(schema.enum) ? schema.enum : [schema.const];
  const types = new Set(values.map(value => typeof value));
  const [type] = types;
  if (types.size !== 1 || type === undefined || !SCALARS.includes(type)) {
    return null;
  }
  return {
    schema: { ...pick(schema, BOUNDS), type, enum: values },
    ui: { 'ui:widget': 'select' }
  };
}

function scalar(schema: Schema): IField | null {
  const type = numeric(schema.type) ?? schema.type;
  if (typeof type !== 'string' || !SCALARS.includes(type)) {
    return null;
  }
  const format = String(schema.format ?? '');
  const known = FORMATS.includes(format) ? { format } : {};
  const long = String(schema.default ?? '').includes('\n');
  return {
    schema: { ...pick(schema, BOUNDS), type, ...known },
    ui: long ? { 'ui:widget': 'textarea' } : {}
  };
}

function list(schema: Schema, depth: number): IField | null {
  const { minItems, maxItems, prefixItems } = schema;
  const about = pick(schema, BOUNDS);
  const fixed = typeof minItems === 'number' && minItems === maxItems;
  if (Array.isArray(prefixItems)) {
    const items = prefixItems.map(each => shownAs(each, depth + 1));
    return fixed && items.length === minItems ? tuple(about, items) : null;
  }
  const item = shownAs(schema.items, depth + 1);
  if (item === null) {
    return null;
  }
  if (fixed && minItems === BBOX.length && item.schema.type === 'number') {
    const sides = BBOX.map(title => ({
      ...item,
      schema: { ...item.schema, title }
    }));
    return tuple(about, sides);
  }
  const length = pick(schema, ['minItems', 'maxItems']);
  return {
    schema: { ...about, type: 'array', items: item.schema, ...length },
    ui: { items: item.ui }
  };
}

function tuple(about: Schema, items: (IField | null)[]): IField | null {
  const shown = items.filter(item => item !== null);
  if (shown.length < items.length) {
    return null;
  }
  const schemas = shown.map(item => item.schema);
  const length = { minItems: items.length, maxItems: items.length };
  return {
    schema: { ...about, type: 'array', items: schemas, ...length },
    ui: {
      items: shown.map(item => item.ui),
      'ui:options': { orderable: false }
    }
  };
}

function group(schema: Schema, depth: number): IField | null {
  const { properties, required } = schema;
  if (!isObject(properties) || isObject(schema.additionalProperties)) {
    return null;
  }
  const shown = Object.entries(properties).map(
    ([name, each]) => [name, shownAs(each, depth + 1)] as const
  );
  if (shown.length === 0 || shown.some(([, field]) => field === null)) {
    return null;
  }
  const named = Array.isArray(required)
    ? required.filter(name => String(name) in properties)
    : [];
  return {
    schema: {
      ...pick(schema, BOUNDS),
      type: 'object',
      required: named,
      properties: Object.fromEntries(
        shown.map(([name, field]) => [name, field?.schema])
      )
    },
    ui: Object.fromEntries(shown.map(([name, field]) => [name, field?.ui]))
  };
}

/** `["integer", "number"]` is a number. */
function numeric(type: unknown): string | undefined {
  const numbers =
    Array.isArray(type) &&
    type.length > 0 &&
    type.every(each => each === 'number' || each === 'integer');
  return numbers ? 'number' : undefined;
}

function takesText(schema: Schema): boolean {
  const types = [schema.type].flat();
  const branches = [schema.oneOf, schema.anyOf].flat().filter(isObject);
  if (branches.length > 0) {
    return branches.some(takesText);
  }
  return schema.type === undefined || types.includes('string');
}

function isNull(schema: unknown): boolean {
  return isObject(schema) && schema.type === 'null';
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pick(schema: Schema, words: string[]): Schema {
  const found = Object.entries(schema).filter(([key]) => words.includes(key));
  return Object.fromEntries(found);
}
