/** What can be done with a job, with the questions that are asked first. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { resultsPath } from '../api';
import type { JobModel } from '../model/job';
import type { AdesModel } from '../model/jobs';
import { IJob, isFinal } from '../tokens';
import type { IJobActions } from '../widgets/job';
import type { Settings } from './settings';
import type { Tabs } from './tabs';
import { telling } from './telling';

export class JobCommands {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly model: AdesModel,
    private readonly tabs: Tabs,
    private readonly settings: Settings,
    private readonly trans: TranslationBundle
  ) {}

  /** Stop an open job; remove a finished one when the user is sure. */
  async dismiss(job: IJob): Promise<void> {
    if (isFinal(job) && !(await this.isSure())) {
      return;
    }
    const title = isFinal(job)
      ? this.trans.__('The job could not be removed')
      : this.trans.__('The job could not be stopped');
    await telling(this.trans, title, () => this.model.dismiss(job));
    if (isFinal(job)) {
      this.tabs.closeJob(job.jobID);
    }
  }

  async rerun(job: IJob): Promise<void> {
    await telling(
      this.trans,
      this.trans.__('The job could not be run again'),
      async () => {
        this.tabs.openJob((await this.model.rerun(job)).jobID);
      }
    );
  }

  /** Show the results in the file browser, or where there is none that can, in the job's tab. */
  async openResults(jobID: string): Promise<void> {
    const path = resultsPath(jobID);
    if (this.browses && path !== '') {
      await this.app.commands.execute('filebrowser:open-path', {
        path,
        dontShowBrowser: false
      });
    } else {
      this.tabs.openJob(jobID);
    }
  }

  /** What the buttons of a job's tab do. */
  actions(model: JobModel): IJobActions {
    const withJob = (action: (job: IJob) => Promise<void>) => (): void => {
      if (model.job !== null) {
        void action(model.job);
      }
    };
    const path = resultsPath(model.id);
    const { commands } = this.app;
    const opens = path !== '' && commands.hasCommand('docmanager:open');
    return {
      dismiss: withJob(job => this.dismiss(job)),
      rerun: withJob(job => this.rerun(job)),
      edit: withJob(async job => {
        this.tabs.openProcess(job.processID, model.inputs ?? {});
      }),
      open: opens
        ? file => {
            const target = { path: `${path}/${file}` };
            void commands.execute('docmanager:open', target);
          }
        : undefined,
      browse:
        this.browses && path !== ''
          ? () => void this.openResults(model.id)
          : undefined
    };
  }

  private get browses(): boolean {
    return this.app.commands.hasCommand('filebrowser:open-path');
  }

  private async isSure(): Promise<boolean> {
    if (!this.settings.askBeforeRemoving) {
      return true;
    }
    const answer = await showDialog({
      title: this.trans.__('Remove this job?'),
      body: this.trans.__('Its results and its log are removed with it.'),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: this.trans.__('Remove') })
      ]
    });
    return answer.button.accept;
  }
}
