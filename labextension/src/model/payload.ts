/** Between what a form holds and what a request says. Pure. */

import type { IProblem, IProcessDescription, Inputs, Schema } from '../tokens';
import { IField, fieldOf } from './fields';

/** The form of a process. */
export interface IForm {
  schema: Schema;
  ui: Schema;
  fields: { [id: string]: IField };
  required: string[];
}

/** Problems by place, as the form's library takes them. */
export type FieldErrors = { [key: string]: FieldErrors | string[] };

/** The form that a process description makes. */
export function formOf(process: IProcessDescription): IForm {
  const fields: IForm['fields'] = {};
  const properties: Schema = {};
  const ui: Schema = {};
  const required: string[] = [];
  for (const [id, input] of Object.entries(process.inputs)) {
    const field = fieldOf(input.schema);
    fields[id] = field;
    properties[id] = {
      ...field.schema,
      title: input.title || id,
      description: input.description
    };
    ui[id] = { ...field.ui, 'ui:help': helpOf(input.schema) };
    if (input.minOccurs > 0) {
      required.push(id);
    }
  }
  ui['ui:order'] = Object.keys(process.inputs);
  return {
    schema: { type: 'object', properties, required },
    ui,
    fields,
    required
  };
}

/** Bounds in words: what a value may be, in short. */
export function helpOf(schema: Schema | boolean): string {
  if (typeof schema === 'boolean') {
    return '';
  }
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const parts = [
    minimum === undefined ? '' : `\u2265 ${minimum}`,
    exclusiveMinimum === undefined ? '' : `> ${exclusiveMinimum}`,
    maximum === undefined ? '' : `\u2264 ${maximum}`,
    exclusiveMaximum === undefined ? '' : `< ${exclusiveMaximum}`,
    schema.multipleOf === undefined ? '' : `\u00d7 ${schema.multipleOf}`,
    schema.pattern === undefined ? '' : `/${schema.pattern}/`
  ];
  return parts.filter(part => part !== '').join(', ');
}

/** What a request would say of the form's data, and what cannot be said. */
export function inputsOf(
  form: IForm,
  data: Inputs
): { inputs: Inputs; problems: IProblem[] } {
  const inputs: Inputs = {};
  const problems: IProblem[] = [];
  for (const [id, field] of Object.entries(form.fields)) {
    try {
      const value = field.json ? parsed(data[id], field) : pruned(data[id]);
      if (value !== undefined && !isDefault(form, id, value)) {
        inputs[id] = value;
      } else if (value === undefined && isCleared(form, id)) {
        inputs[id] = null;
      }
    } catch (error) {
      const detail = (error as Error).message;
      problems.push({ path: `inputs.${id}`, detail });
    }
  }
  return { inputs, problems };
}

/** What the form holds for a request's inputs. */
export function dataOf(form: IForm, inputs: Inputs): Inputs {
  const data: Inputs = {};
  for (const [id, field] of Object.entries(form.fields)) {
    const value = inputs[id];
    if (value === undefined && asksForOne(form, id)) {
      data[id] = [undefined];
    } else if (value !== undefined && value !== null) {
      data[id] = field.json
        ? written(value, field)
        : plain(value, field.schema);
    }
  }
  return data;
}

/** A list that is required and empty shows its first field. */
function asksForOne(form: IForm, id: string): boolean {
  const { schema } = form.fields[id] as IField;
  const list = schema.type === 'array' && !Array.isArray(schema.items);
  return list && form.required.includes(id) && schema.default === undefined;
}

/** Whether the form can hold these inputs as they are. */
export function fits(form: IForm, inputs: Inputs): boolean {
  const again = inputsOf(form, dataOf(form, inputs)).inputs;
  return Object.entries(inputs).every(([id, value]) => {
    const field = form.fields[id];
    if (field === undefined) {
      return false;
    }
    const same = field.json ? value : plain(value, field.schema);
    if (!field.json && !shows(field.schema, same)) {
      return false;
    }
    const held = again[id] ?? field.schema.default ?? null;
    return JSON.stringify(held) === JSON.stringify(same);
  });
}

/** Whether a field of this schema has a place for a value of this shape. */
function shows(schema: unknown, value: unknown): boolean {
  const { type, items } = (schema ?? {}) as Schema;
  if (type === 'array') {
    const each = Array.isArray(items) ? {} : items;
    return Array.isArray(value) && value.every(item => shows(each, item));
  }
  return type === 'object' || value === null || typeof value !== 'object';
}

/** The service's problems at the fields that they speak of, and those of no field. */
export function placed(
  form: IForm,
  problems: IProblem[]
): { errors: FieldErrors; others: IProblem[] } {
  const errors: FieldErrors = {};
  const others: IProblem[] = [];
  for (const problem of problems) {
    const steps = stepsOf(form, problem.path);
    if (steps === null) {
      others.push(problem);
    } else {
      let place = errors;
      for (const step of steps) {
        place = place[step] = (place[step] as FieldErrors | undefined) ?? {};
      }
      const told = (place.__errors as string[] | undefined) ?? [];
      place.__errors = [...told, problem.detail];
    }
  }
  return { errors, others };
}

/** `inputs.a.b[0]` as steps from the form's root; null when no input is meant. */
function stepsOf(form: IForm, path: string): string[] | null {
  const [id] = Object.keys(form.fields)
    .filter(name => {
      const rest = path.slice(`inputs.${name}`.length);
      return path.startsWith(`inputs.${name}`) && /^($|\.|\[)/.test(rest);
    })
    .sort((a, b) => b.length - a.length);
  if (id === undefined) {
    return null;
  }
  const inside = path.slice(`inputs.${id}`.length);
  const { schema, json } = form.fields[id] as IField;
  const deep = !json && (schema.type === 'array' || schema.type === 'object');
  return deep ? [id, ...(inside.match(/[^.[\]]+/g) ?? [])] : [id];
}

function parsed(value: unknown, field: IField): unknown {
  const text = String(value ?? '').trim();
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    if (field.text && !/^[[{"]/.test(text)) {
      return text;
    }
    throw new Error(`This is not JSON: ${(error as Error).message}`);
  }
}

/** A value without what was left empty. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(pruned).filter(each => each !== undefined);
  }
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value)
      .map(([key, each]) => [key, pruned(each)] as const)
      .filter(([, each]) => each !== undefined);
    return kept.length > 0 ? Object.fromEntries(kept) : undefined;
  }
  return value === null || value === '' ? undefined : value;
}

/** Nothing need be said: the service takes the same by itself. */
function isDefault(form: IForm, id: string, value: unknown): boolean {
  const { schema } = form.fields[id] as IField;
  if (isEmpty(value)) {
    return schema.default === undefined || isEmpty(schema.default);
  }
  const optional = !form.required.includes(id);
  return optional && JSON.stringify(schema.default) === JSON.stringify(value);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** A value that has a default and may be null was emptied by hand. */
function isCleared(form: IForm, id: string): boolean {
  const { schema, nullable } = form.fields[id] as IField;
  const given = schema.default !== undefined && schema.default !== null;
  return nullable === true && given;
}

function written(value: unknown, field: IField): string {
  const bare =
    field.text &&
    typeof value === 'string' &&
    !/^[\s[{"\d-]|^(true|false|null)$/.test(value);
  return bare ? (value as string) : JSON.stringify(value, null, 2);
}

/** A reference that is a bare link is its href in a text field; a scalar is a list of one. */
function plain(value: unknown, schema: unknown): unknown {
  const { type, items } = (schema ?? {}) as Schema;
  if (type === 'array') {
    const many = Array.isArray(value) ? value : [value];
    const each = Array.isArray(items) ? {} : items;
    return many.map(item => plain(item, each));
  }
  const link = value as { href?: unknown } | null;
  const bare = typeof link === 'object' && Object.keys(link ?? {}).length === 1;
  return type === 'string' && bare && typeof link?.href === 'string'
    ? link.href
    : value;
}
