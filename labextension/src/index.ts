/** The JupyterLab half of jupyter_ades. */

import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { AdesApi } from './api';
import { addCommands } from './commands';
import { JobCommands } from './commands/jobs';
import { announceEnds } from './commands/notices';
import { Packages } from './commands/packages';
import { Settings } from './commands/settings';
import { Tabs } from './commands/tabs';
import { AdesModel } from './model/jobs';
import { CommandIDs, IJobEvent, JOB_EVENT, PLUGIN } from './tokens';
import { AdesPanel } from './widgets/panel';
import { StatusItem } from './widgets/status';
import { JobTab, ProcessTab } from './widgets/tabs';

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Processes and jobs beside your notebooks.',
  autoStart: true,
  optional: [
    ILauncher,
    ICommandPalette,
    IFileBrowserFactory,
    ISettingRegistry,
    IStatusBar,
    ILayoutRestorer,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
    browsers: IFileBrowserFactory | null,
    registry: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    restorer: ILayoutRestorer | null,
    given: ITranslator | null
  ) => {
    const translator = given ?? nullTranslator;
    const trans = translator.load('jupyter_ades');
    const model = new AdesModel(new AdesApi(), trans);
    const settings = new Settings();
    const packages = new Packages(model, trans);

    const tabs: Tabs = new Tabs(
      app,
      (id, inputs) =>
        new ProcessTab({
          jobs: model,
          id,
          inputs,
          onJob: job => void tabs.openJob(job.jobID),
          trans,
          translator
        }),
      id =>
        new JobTab({
          jobs: model,
          id,
          actions: one => jobs.actions(one),
          trans
        })
    );
    const jobs = new JobCommands(app, model, tabs, settings, trans);
    const panel = new AdesPanel(
      model,
      {
        openProcess: process => void tabs.openProcess(process.id),
        undeploy: process => void packages.undeploy(process),
        openJob: job => void tabs.openJob(job.jobID),
        openResults: job => void jobs.openResults(job.jobID),
        dismiss: job => void jobs.dismiss(job),
        rerun: job => void jobs.rerun(job)
      },
      trans
    );
    const parts = { model, panel, tabs, packages, jobs, browsers };
    addCommands(app, parts, trans);
    app.shell.add(panel, 'left', { rank: 900 });
    restorer?.add(panel, panel.id);
    if (restorer !== null) {
      tabs.restore(restorer);
    }
    announceEnds(model, jobs, tabs, settings, trans);
    addToFrontEnd(launcher, palette);
    statusBar?.registerStatusItem('jupyter-ades:status', {
      item: new StatusItem(
        model,
        () => void app.commands.execute(CommandIDs.open),
        trans
      ),
      align: 'left',
      rank: 100,
      isActive: () => model.open > 0,
      activeStateChanged: model.changed as never
    });
    if (registry !== null) {
      settings.read(registry).catch(error => console.warn(error));
    }
    app.serviceManager.events.stream.connect((_, event) => {
      if (event.schema_id === JOB_EVENT) {
        model.take(event as unknown as IJobEvent);
      }
    });
    void app.restored.then(() => model.start());
  }
};

function addToFrontEnd(
  launcher: ILauncher | null,
  palette: ICommandPalette | null
): void {
  const category = 'ADES';
  for (const command of [
    CommandIDs.open,
    CommandIDs.refresh,
    CommandIDs.runNotebook
  ]) {
    palette?.addItem({ command, category });
  }
  launcher?.add({ command: CommandIDs.open, category: 'Other', rank: 90 });
}

export default plugin;
