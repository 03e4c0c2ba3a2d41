/** How the form's fields look: labels that belong to their fields, and a field for JSON. */

import type {
  ArrayFieldTemplateProps,
  FieldTemplateProps,
  WidgetProps
} from '@rjsf/utils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  closeIcon,
  moveDownIcon,
  moveUpIcon
} from '@jupyterlab/ui-components';
import React from 'react';

import { IconButton } from './parts';

/** One field with its label, what it is for, and what is wrong with it. */
export function Field(props: FieldTemplateProps): JSX.Element {
  const { id, label, required, schema, children, rawErrors = [] } = props;
  if (props.hidden || id === 'root') {
    return <>{children}</>;
  }
  const grouped = schema.type === 'object' || schema.type === 'array';
  // The library names a list's values by their number; the list's legend names them all.
  const ofList = /_\d+$/.test(id) && /-\d+$/.test(label);
  const boxed = schema.type === 'boolean' && !props.displayLabel;
  return (
    <div className="jp-Ades-field" data-invalid={rawErrors.length > 0}>
      {!grouped && !boxed && (
        <label htmlFor={id} className={ofList ? 'jp-Ades-hidden' : undefined}>
          {label}
          {required && !ofList && <span className="jp-Ades-required"> *</span>}
        </label>
      )}
      {!grouped && !boxed && props.rawDescription && (
        <p id={`${id}__description`}>{props.rawDescription}</p>
      )}
      {children}
      {props.rawHelp && <p id={`${id}__help`}>{props.rawHelp}</p>}
      {rawErrors.length > 0 && (
        <ul id={`${id}__error`} className="jp-Ades-errors">
          {rawErrors.map(error => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Values of a list, with add, remove and move. */
export function List(props: ArrayFieldTemplateProps): JSX.Element {
  const { idSchema, title, required, schema, items, canAdd } = props;
  const trans = (props.formContext as IContext).trans;
  return (
    <fieldset id={idSchema.$id} className="jp-Ades-list">
      <legend>
        {title}
        {required && <span className="jp-Ades-required"> *</span>}
      </legend>
      {schema.description && <p>{schema.description}</p>}
      {items.map(item => (
        <div key={item.key} className="jp-Ades-item">
          <div>{item.children}</div>
          {item.hasMoveUp && (
            <IconButton
              icon={moveUpIcon}
              label={trans.__('Move up: %1 %2', title, item.index + 1)}
              onClick={item.onReorderClick(item.index, item.index - 1)}
            />
          )}
          {item.hasMoveDown && (
            <IconButton
              icon={moveDownIcon}
              label={trans.__('Move down: %1 %2', title, item.index + 1)}
              onClick={item.onReorderClick(item.index, item.index + 1)}
            />
          )}
          {item.hasRemove && (
            <IconButton
              icon={closeIcon}
              label={trans.__('Remove: %1 %2', title, item.index + 1)}
              onClick={item.onDropIndexClick(item.index)}
            />
          )}
        </div>
      ))}
      {canAdd && (
        <IconButton
          icon={addIcon}
          label={trans.__('Add to %1', title)}
          onClick={() => props.onAddClick()}
        />
      )}
    </fieldset>
  );
}

/** What the form tells its templates. */
export interface IContext {
  trans: TranslationBundle;
}

/** A value that no field of its own fits is written as JSON. */
export function JsonWidget(props: WidgetProps): JSX.Element {
  const { id, value, required, onChange, label } = props;
  return (
    <textarea
      id={id}
      className="jp-Ades-code jp-mod-styled"
      rows={3}
      spellCheck={false}
      aria-label={label}
      aria-describedby={`${id}__description ${id}__error`}
      required={required}
      placeholder="JSON"
      value={value ?? ''}
      onChange={event => onChange(event.target.value)}
    />
  );
}
