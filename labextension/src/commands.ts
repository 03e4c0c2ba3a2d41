/** What the palette, the launcher and the file browser's menu can ask for. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification, showErrorMessage } from '@jupyterlab/apputils';
import type { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';
import { runIcon } from '@jupyterlab/ui-components';

import { AdesModel } from './model';
import { CommandIDs } from './tokens';
import { AdesPanel } from './widgets/panel';

export function addCommands(
  app: JupyterFrontEnd,
  model: AdesModel,
  panel: AdesPanel,
  browsers: IFileBrowserFactory | null,
  trans: TranslationBundle
): void {
  app.commands.addCommand(CommandIDs.open, {
    label: trans.__('Processes and jobs'),
    caption: trans.__('Open the panel with processes and jobs'),
    icon: runIcon,
    execute: () => {
      app.shell.activateById(panel.id);
      return model.refresh();
    }
  });
  app.commands.addCommand(CommandIDs.refresh, {
    label: trans.__('Refresh processes and jobs'),
    execute: () => model.refresh()
  });
  app.commands.addCommand(CommandIDs.deploy, {
    label: trans.__('Deploy as process'),
    caption: trans.__('Make a process of this notebook or CWL file'),
    icon: runIcon,
    isVisible: () => selected(browsers).length > 0,
    execute: async () => {
      for (const path of selected(browsers)) {
        await deploy(path, model, trans);
      }
      app.shell.activateById(panel.id);
    }
  });
}

/** The chosen files that can be deployed. */
function selected(browsers: IFileBrowserFactory | null): string[] {
  const items = browsers?.tracker.currentWidget?.selectedItems() ?? [];
  return Array.from(items)
    .map(item => item.path)
    .filter(path => /\.(ipynb|cwl)$/i.test(path));
}

async function deploy(
  path: string,
  model: AdesModel,
  trans: TranslationBundle
): Promise<void> {
  try {
    const id = await model.deploy(path);
    Notification.success(trans.__('%1 is now the process %2', path, id), {
      autoClose: 5000
    });
  } catch (error) {
    await showErrorMessage(
      trans.__('%1 cannot be deployed', path),
      (error as Error).message
    );
  }
}
