/** What the palette, the launcher, the menus and the toolbar can ask for. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import { runIcon } from '@jupyterlab/ui-components';

import type { AdesModel } from '../model/jobs';
import { CommandIDs, Inputs } from '../tokens';
import { adesIcon } from '../widgets/icons';
import type { AdesPanel } from '../widgets/panel';
import type { JobCommands } from './jobs';
import { Packages } from './packages';
import { Tabs, show } from './tabs';

export interface IParts {
  model: AdesModel;
  panel: AdesPanel;
  tabs: Tabs;
  packages: Packages;
  jobs: JobCommands;
  browsers: IFileBrowserFactory | null;
}

export function addCommands(
  app: JupyterFrontEnd,
  parts: IParts,
  trans: TranslationBundle
): void {
  addPanelCommands(app, parts, trans);
  addPackageCommands(app, parts, trans);
  addTabCommands(app, parts, trans);
}

function addPanelCommands(
  app: JupyterFrontEnd,
  { model, panel }: IParts,
  trans: TranslationBundle
): void {
  app.commands.addCommand(CommandIDs.open, {
    label: trans.__('Processes and jobs'),
    caption: trans.__('Open the panel with processes and jobs'),
    icon: adesIcon,
    execute: () => {
      show(app, panel);
      return model.refresh();
    }
  });
  app.commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh processes and jobs'),
    execute: () => model.refresh()
  });
}

function addPackageCommands(
  app: JupyterFrontEnd,
  { panel, tabs, packages, browsers }: IParts,
  trans: TranslationBundle
): void {
  const run = async (path: string): Promise<void> => {
    const id = await packages.ready(path);
    if (id !== null) {
      void tabs.openProcess(id).model.load();
    }
  };
  app.commands.addCommand(CommandIDs.deploy, {
    label: trans.__('Deploy as process'),
    caption: trans.__('Make a process of this notebook or CWL file'),
    icon: adesIcon,
    isVisible: () => selected(browsers).length > 0,
    execute: async () => {
      for (const path of selected(browsers)) {
        await packages.deploy(path);
      }
      show(app, panel);
    }
  });
  app.commands.addCommand(CommandIDs.run, {
    label: trans.__('Run as job ...'),
    caption: trans.__('Make a process of this file and open its form'),
    icon: runIcon,
    isVisible: () => selected(browsers).length === 1,
    execute: async () => {
      for (const path of selected(browsers)) {
        await run(path);
      }
    }
  });
  app.commands.addCommand(CommandIDs.runNotebook, {
    label: args =>
      args.toolbar ? '' : trans.__('Run this notebook as job ...'),
    caption: trans.__(
      'Run this notebook as a job: save, deploy, open its form'
    ),
    icon: adesIcon,
    isEnabled: () => opened(app) !== null,
    execute: async () => {
      const context = opened(app);
      if (context !== null) {
        if (context.model.dirty) {
          await context.save();
        }
        await run(context.localPath);
      }
    }
  });
}

function addTabCommands(
  app: JupyterFrontEnd,
  { tabs, jobs }: IParts,
  trans: TranslationBundle
): void {
  app.commands.addCommand(CommandIDs.openProcess, {
    label: trans.__('Open a process'),
    execute: args =>
      tabs.openProcess(String(args.id), args.inputs as Inputs | undefined, {
        activate: args.activate !== false
      })
  });
  app.commands.addCommand(CommandIDs.openJob, {
    label: trans.__('Open a job'),
    execute: args =>
      tabs.openJob(String(args.id), { activate: args.activate !== false })
  });
  app.commands.addCommand(CommandIDs.openResults, {
    label: trans.__('Open the results of a job'),
    execute: args => jobs.openResults(String(args.id))
  });
}

/** The document in front, when it is one that can be deployed. */
function opened(app: JupyterFrontEnd): DocumentWidget['context'] | null {
  const { currentWidget } = app.shell;
  const shown = currentWidget instanceof DocumentWidget ? currentWidget : null;
  return shown !== null && Packages.fits(shown.context.path)
    ? shown.context
    : null;
}

/** The chosen files that can be deployed. */
function selected(browsers: IFileBrowserFactory | null): string[] {
  const items = browsers?.tracker.currentWidget?.selectedItems() ?? [];
  return Array.from(items)
    .map(item => item.path)
    .filter(path => Packages.fits(path));
}
