/** The tab of a process: a typed form, the payload as JSON, and what to do with them. */

import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { FormComponent, UseSignal } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { RJSFSchema, ValidatorType } from '@rjsf/utils';
import React from 'react';

import { FormModel, Mode } from '../model/form';
import { placed } from '../model/payload';
import { asCurl, asMagic, asPython } from '../model/snippets';
import type { IJob, IProblem, IProcessDescription, Inputs } from '../tokens';
import { Field, JsonWidget, List } from './fields';
import { Button, CopyAs, Tabs } from './parts';

/** The service alone says what fits: it knows more than a schema does, and says it in words. */
const VALIDATOR: ValidatorType = {
  isValid: () => true,
  rawValidation: () => ({}),
  toErrorList: () => [],
  validateFormData: () => ({ errors: [], errorSchema: {} })
};

interface IProps {
  model: FormModel;
  onJob: (job: IJob) => void;
  trans: TranslationBundle;
  translator: ITranslator;
}

export default function ProcessForm(props: IProps): JSX.Element {
  return (
    <UseSignal signal={props.model.changed}>
      {() => <Whole {...props} />}
    </UseSignal>
  );
}

function Whole(props: IProps): JSX.Element {
  const { model, trans } = props;
  const { process, form } = model;
  return (
    <div className="jp-Ades-page" aria-busy={model.busy}>
      {process !== null && <About process={process} trans={trans} />}
      {form !== null && <Body {...props} />}
      <p
        role={model.wrong ? 'alert' : 'status'}
        className="jp-Ades-said"
        data-wrong={model.wrong}
      >
        {model.said}
      </p>
      {form === null && !model.busy && (
        <Button onClick={() => void model.load()}>
          {trans.__('Try again')}
        </Button>
      )}
    </div>
  );
}

function About(props: {
  process: IProcessDescription;
  trans: TranslationBundle;
}): JSX.Element {
  const { process, trans } = props;
  return (
    <header>
      <h1>{process.title}</h1>
      <p className="jp-Ades-note">{process.id}</p>
      {process.description && <p>{process.description}</p>}
      {process.warnings !== undefined && (
        <details>
          <summary>
            {trans._n(
              '%1 remark on the package',
              '%1 remarks on the package',
              process.warnings.length
            )}
          </summary>
          <ProblemList problems={process.warnings} />
        </details>
      )}
    </header>
  );
}

function Body(props: IProps): JSX.Element {
  const { model, trans } = props;
  const tabs = [
    {
      id: 'form',
      label: trans.__('Form'),
      content: () => <Fields {...props} />
    },
    {
      id: 'json',
      label: trans.__('JSON'),
      content: () => <Payload {...props} />
    }
  ];
  return (
    <>
      <Tabs
        name={`jp-ades-form-${model.id}`}
        label={trans.__('Inputs')}
        tabs={tabs}
        current={model.mode}
        choose={id => model.setMode(id as Mode)}
      />
      <Actions {...props} />
    </>
  );
}

function Fields(props: IProps): JSX.Element {
  const { model, trans, translator } = props;
  const { form } = model;
  if (form === null) {
    return <></>;
  }
  if (Object.keys(form.fields).length === 0) {
    return <p>{trans.__('This process takes no inputs.')}</p>;
  }
  const { errors, others } = placed(form, model.problems);
  return (
    <>
      <ProblemList problems={others} />
      <FormComponent
        className="jp-Ades-form"
        tagName="div"
        schema={form.schema as RJSFSchema}
        uiSchema={form.ui}
        formData={model.data as ReadonlyJSONObject}
        validator={VALIDATOR}
        extraErrors={errors as object}
        showErrorList={false}
        noHtml5Validate
        noValidate
        liveValidate={false}
        idPrefix="root"
        compact={false}
        templates={{ FieldTemplate: Field, ArrayFieldTemplate: List }}
        formContext={{ trans }}
        widgets={{ json: JsonWidget }}
        translator={translator}
        onChange={change => model.setData((change.formData ?? {}) as Inputs)}
      />
    </>
  );
}

function Payload(props: IProps): JSX.Element {
  const { model, trans } = props;
  return (
    <>
      <textarea
        className="jp-Ades-code jp-mod-styled"
        rows={16}
        spellCheck={false}
        aria-label={trans.__('Payload: the body of the execute request')}
        value={model.text}
        onChange={event => model.setText(event.target.value)}
      />
      <ProblemList problems={model.problems} />
    </>
  );
}

function Actions(props: IProps): JSX.Element {
  const { model, onJob, trans } = props;
  const run = async (): Promise<void> => {
    const job = await model.submit();
    if (job !== null) {
      onJob(job);
    }
  };
  const snippets = {
    Python: () => asPython(model.id, model.inputs()),
    curl: () => asCurl(model.jobs.api.root, model.id, model.body()),
    '%ades': () => asMagic(model.id, model.inputs())
  };
  return (
    <div className="jp-Ades-actions">
      <Button kind="accept" disabled={model.busy} onClick={() => void run()}>
        {trans.__('Run')}
      </Button>
      <Button disabled={model.busy} onClick={() => void model.validate()}>
        {trans.__('Validate')}
      </Button>
      <CopyAs snippets={snippets} trans={trans} />
    </div>
  );
}

/** What is wrong, each with its place. */
export function ProblemList(props: {
  problems: IProblem[];
}): JSX.Element | null {
  if (props.problems.length === 0) {
    return null;
  }
  return (
    <ul className="jp-Ades-errors">
      {props.problems.map(({ path, detail }) => (
        <li key={path + detail}>
          <code>{path}</code> {detail}
        </li>
      ))}
    </ul>
  );
}
