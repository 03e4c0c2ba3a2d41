/** The JupyterLab half of jupyter_ades. */

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  showDialog,
  showErrorMessage
} from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { AdesApi, workspace } from './api';
import { addCommands } from './commands';
import { AdesModel } from './model';
import { CommandIDs, IJob, JOB_EVENT, isFinal } from './tokens';
import { AdesPanel } from './widgets/panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ades:plugin',
  description: 'Processes and jobs beside your notebooks.',
  autoStart: true,
  optional: [ILauncher, ICommandPalette, IFileBrowserFactory, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    browsers: IFileBrowserFactory | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_ades');
    const model = new AdesModel(
      new AdesApi(),
      trans.__(
        'This server runs without the ADES. Enable it with "jupyter server extension enable jupyter_ades" and restart the server.'
      )
    );

    const dismiss = async (job: IJob): Promise<void> => {
      if (isFinal(job)) {
        const answer = await showDialog({
          title: trans.__('Remove this job?'),
          body: trans.__('Its results and its log are removed with it.'),
          buttons: [
            Dialog.cancelButton(),
            Dialog.warnButton({ label: trans.__('Remove') })
          ]
        });
        if (!answer.button.accept) {
          return;
        }
      }
      try {
        await model.dismiss(job);
      } catch (error) {
        await showErrorMessage(
          trans.__('The job could not be stopped'),
          (error as Error).message
        );
      }
    };

    const openResults = (job: IJob): void => {
      const folder = `ades-results/${workspace()}/wf-${job.jobID}`;
      void app.commands.execute('filebrowser:open-path', { path: folder });
    };

    const panel = new AdesPanel(
      model,
      { dismiss: job => void dismiss(job), openResults },
      trans
    );
    addCommands(app, model, panel, browsers, trans);
    app.shell.add(panel, 'left', { rank: 900 });
    palette?.addItem({ command: CommandIDs.open, category: 'ADES' });
    palette?.addItem({ command: CommandIDs.refresh, category: 'ADES' });
    launcher?.add({ command: CommandIDs.open, category: 'Other', rank: 90 });
    app.serviceManager.events.stream.connect((_, event) => {
      if (event.schema_id === JOB_EVENT) {
        void model.refresh();
      }
    });
    void app.restored.then(() => model.start());
  }
};

export default plugin;
