/** The tab of a job: how it stands, what came of it, its log, its inputs. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import React from 'react';

import type { AdesApi } from '../api';
import type { JobModel } from '../model/job';
import { asCurl, asMagic, asPython } from '../model/snippets';
import { duration } from '../model/words';
import { IJob, isFinal } from '../tokens';
import { Log } from './log';
import { Button, CopyAs, Progress, State, Tabs } from './parts';
import { Results } from './results';

/** What a click in a job's tab asks for. */
export interface IJobActions {
  dismiss: () => void;
  rerun: () => void;
  /** Open the form with the job's inputs. */
  edit: () => void;
  /** Open a delivered file in JupyterLab; undefined where it cannot be. */
  open?: (path: string) => void;
  browse?: () => void;
}

interface IProps {
  model: JobModel;
  api: AdesApi;
  actions: IJobActions;
  trans: TranslationBundle;
}

export default function JobPage(props: IProps): JSX.Element {
  const { model, trans } = props;
  return (
    <UseSignal signal={model.changed}>
      {() => (
        <div className="jp-Ades-page" aria-busy={model.job === null}>
          {model.problem && (
            <p role="alert" className="jp-Ades-said" data-wrong="true">
              {model.problem}
            </p>
          )}
          {model.job !== null && !model.gone && (
            <Whole {...props} job={model.job} />
          )}
          {model.job === null && !model.problem && (
            <p role="status">{trans.__('Reading the job ...')}</p>
          )}
        </div>
      )}
    </UseSignal>
  );
}

function Whole(props: IProps & { job: IJob }): JSX.Element {
  const { model, job, actions, trans, api } = props;
  const [chosen, choose] = React.useState('');
  const usual = isFinal(job) && job.status !== 'dismissed' ? 'results' : 'log';
  const tabs = [
    {
      id: 'results',
      label: trans.__('Results'),
      content: () => (
        <Results
          job={job}
          results={model.results}
          api={api}
          open={actions.open}
          browse={actions.browse}
          trans={trans}
        />
      )
    },
    {
      id: 'log',
      label: trans.__('Log'),
      content: () => (
        <Log
          log={model.log}
          href={`${api.root}/jobs/${job.jobID}/log`}
          trans={trans}
        />
      )
    },
    {
      id: 'inputs',
      label: trans.__('Inputs'),
      content: () => (
        <pre className="jp-Ades-code" tabIndex={0}>
          {JSON.stringify(model.inputs, null, 2)}
        </pre>
      )
    }
  ];
  return (
    <>
      <Head {...props} />
      <Tabs
        name={`jp-ades-job-${job.jobID}`}
        label={trans.__('Parts of the job')}
        tabs={tabs}
        current={chosen || usual}
        choose={choose}
      />
    </>
  );
}

function Head(props: IProps & { job: IJob }): JSX.Element {
  const { model, job, actions, api, trans } = props;
  const inputs = model.inputs ?? {};
  const snippets = {
    Python: () => asPython(job.processID, inputs),
    curl: () => asCurl(api.root, job.processID, { inputs }),
    '%ades': () => asMagic(job.processID, inputs)
  };
  return (
    <header>
      <h1>{job.processID}</h1>
      <p className="jp-Ades-note">{job.jobID}</p>
      <div role="status" className="jp-Ades-status">
        <State job={job} trans={trans} />
        <Progress job={job} trans={trans} />
        <span className="jp-Ades-message">{job.message}</span>
      </div>
      <Times job={job} trans={trans} />
      <div className="jp-Ades-actions">
        {!isFinal(job) && (
          <Button kind="warn" onClick={actions.dismiss}>
            {trans.__('Stop')}
          </Button>
        )}
        <Button
          onClick={actions.rerun}
          label={trans.__('Run again with the same inputs')}
        >
          {trans.__('Run again')}
        </Button>
        <Button
          onClick={actions.edit}
          label={trans.__('Open the form with these inputs')}
        >
          {trans.__('Change and run ...')}
        </Button>
        {isFinal(job) && (
          <Button onClick={actions.dismiss}>{trans.__('Remove ...')}</Button>
        )}
        <CopyAs snippets={snippets} trans={trans} />
      </div>
    </header>
  );
}

function Times(props: { job: IJob; trans: TranslationBundle }): JSX.Element {
  const { job, trans } = props;
  const when = (time: string): string => new Date(time).toLocaleString();
  const end = job.finished ? Date.parse(job.finished) : Date.now();
  return (
    <p className="jp-Ades-note">
      {trans.__('Accepted %1', when(job.created))}
      {job.started &&
        ` \u00b7 ${trans.__('ran for %1', duration(job.started, end))}`}
    </p>
  );
}
