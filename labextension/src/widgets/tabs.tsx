/** The main area's widgets: one per process, one per job. Their pages are loaded on demand. */

import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import React from 'react';

import { FormModel } from '../model/form';
import { JobModel } from '../model/job';
import type { AdesModel } from '../model/jobs';
import type { IJob, Inputs } from '../tokens';
import { adesIcon } from './icons';
import type { IJobActions } from './job';

const ProcessForm = React.lazy(() => import('./form'));
const JobPage = React.lazy(() => import('./job'));

/** A tab that takes the focus when it comes in front: the shell goes by it. */
abstract class Tab extends ReactWidget {
  constructor(id: string, label: string) {
    super();
    this.id = id;
    this.node.tabIndex = -1;
    this.title.label = label;
    this.title.icon = adesIcon;
    this.title.closable = true;
    this.addClass('jp-AdesTab');
  }

  protected onActivateRequest(): void {
    this.node.focus();
  }
}

/** The form of a process. */
export class ProcessTab extends Tab {
  constructor(
    private readonly options: {
      jobs: AdesModel;
      id: string;
      inputs?: Inputs;
      onJob: (job: IJob) => void;
      trans: TranslationBundle;
      translator: ITranslator;
    }
  ) {
    const { jobs, id, inputs, trans } = options;
    super(`jupyter-ades-process-${id}`, id);
    this.model = new FormModel(jobs, id, trans, inputs);
    this.title.caption = trans.__('Run the process %1', id);
  }

  readonly model: FormModel;

  dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    const { onJob, trans, translator } = this.options;
    return (
      <React.Suspense fallback={<p role="status">{trans.__('Loading ...')}</p>}>
        <ProcessForm
          model={this.model}
          onJob={onJob}
          trans={trans}
          translator={translator}
        />
      </React.Suspense>
    );
  }
}

/** How a job stands and what came of it. */
export class JobTab extends Tab {
  constructor(
    private readonly options: {
      jobs: AdesModel;
      id: string;
      actions: (model: JobModel) => IJobActions;
      trans: TranslationBundle;
    }
  ) {
    const { jobs, id, trans } = options;
    super(`jupyter-ades-job-${id}`, trans.__('Job %1', id.slice(0, 8)));
    this.model = new JobModel(jobs, id, trans);
    this.title.caption = trans.__('The job %1', id);
    this.model.changed.connect(this.named, this);
  }

  readonly model: JobModel;

  dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected render(): JSX.Element {
    const { jobs, actions, trans } = this.options;
    return (
      <React.Suspense fallback={<p role="status">{trans.__('Loading ...')}</p>}>
        <JobPage
          model={this.model}
          api={jobs.api}
          actions={actions(this.model)}
          trans={trans}
        />
      </React.Suspense>
    );
  }

  private named(): void {
    const { job } = this.model;
    if (job !== null) {
      this.title.label = `${job.processID} ${job.jobID.slice(0, 8)}`;
    }
  }
}
