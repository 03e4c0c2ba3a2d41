/** The side panel: processes, and jobs that update by themselves. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal, runIcon } from '@jupyterlab/ui-components';
import React from 'react';

import { AdesModel } from '../model';
import { IJob, IProcess, isFinal } from '../tokens';

/** What a click in the panel asks for. */
export interface IActions {
  dismiss(job: IJob): void;
  openResults(job: IJob): void;
}

export class AdesPanel extends ReactWidget {
  constructor(
    private readonly model: AdesModel,
    private readonly actions: IActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = 'jupyter-ades-panel';
    this.title.icon = runIcon;
    this.title.caption = trans.__('Processes and jobs (ADES)');
    this.addClass('jp-AdesPanel');
  }

  protected render(): JSX.Element {
    return (
      <UseSignal signal={this.model.changed}>
        {() => {
          const { problem, processes, jobs } = this.model.state;
          return (
            <>
              {problem && <p role="alert">{problem}</p>}
              <Processes processes={processes} trans={this.trans} />
              <Jobs jobs={jobs} actions={this.actions} trans={this.trans} />
            </>
          );
        }}
      </UseSignal>
    );
  }
}

function Processes(props: {
  processes: IProcess[];
  trans: TranslationBundle;
}): JSX.Element {
  const { processes, trans } = props;
  return (
    <section aria-label={trans.__('Processes')}>
      <h2>{trans.__('Processes')}</h2>
      {processes.length === 0 && (
        <p>
          {trans.__(
            'None yet. Right-click a notebook or a CWL file and choose "Deploy as process".'
          )}
        </p>
      )}
      <ul>
        {processes.map(process => (
          <li key={process.id} title={process.description}>
            <strong>{process.title}</strong>
            <span className="jp-AdesPanel-note">{process.id}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Jobs(props: {
  jobs: IJob[];
  actions: IActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { jobs, actions, trans } = props;
  return (
    <section aria-label={trans.__('Jobs')}>
      <h2>{trans.__('Jobs')}</h2>
      {jobs.length === 0 && <p>{trans.__('None yet.')}</p>}
      <ul aria-live="polite">
        {jobs.map(job => (
          <Job key={job.jobID} job={job} actions={actions} trans={trans} />
        ))}
      </ul>
    </section>
  );
}

function Job(props: {
  job: IJob;
  actions: IActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, actions, trans } = props;
  return (
    <li data-status={job.status}>
      <strong>{job.processID}</strong>
      <span className="jp-AdesPanel-note">
        {job.status}: {job.message}
      </span>
      {!isFinal(job) && (
        <progress
          max={100}
          value={job.progress}
          aria-label={trans.__('Progress of %1', job.processID)}
        />
      )}
      <div>
        {job.status === 'successful' && (
          <button
            className="jp-Button jp-mod-styled"
            onClick={() => actions.openResults(job)}
          >
            {trans.__('Open results')}
          </button>
        )}
        <button
          className="jp-Button jp-mod-styled"
          onClick={() => actions.dismiss(job)}
        >
          {isFinal(job) ? trans.__('Remove') : trans.__('Stop')}
        </button>
      </div>
    </li>
  );
}
