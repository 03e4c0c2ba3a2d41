/** Opens processes and jobs beside the notebooks, once each, and again after a reload. */

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import type { JSONObject } from '@lumino/coreutils';
import { TabPanel, Widget } from '@lumino/widgets';

import { CommandIDs, Inputs } from '../tokens';
import { JobTab, ProcessTab } from '../widgets/tabs';

/** How a tab is opened. */
export interface IOpening {
  /** False leaves in front what is there, as when a page is restored. */
  activate?: boolean;
}

/** Puts a widget where this front end has room for it, and shows it. */
export function show(
  app: JupyterFrontEnd,
  widget: Widget,
  { activate = true }: IOpening = {}
): void {
  if (!widget.isAttached) {
    const { shell } = app;
    const tree = shell.currentWidget;
    if (app.name !== 'JupyterLab' && tree instanceof TabPanel) {
      tree.addWidget(widget);
    } else {
      // Notebook 7 has one document in its main area, and a sidebar beside it.
      shell.add(widget, app.name === 'JupyterLab' ? 'main' : 'right');
    }
  }
  if (!activate) {
    return;
  }
  const home = widget.parent?.parent;
  if (home instanceof TabPanel && app.name !== 'JupyterLab') {
    home.currentWidget = widget;
  }
  app.shell.activateById(widget.id);
}

export class Tabs {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly makeProcess: (id: string, inputs?: Inputs) => ProcessTab,
    private readonly makeJob: (id: string) => JobTab
  ) {}

  /** The form of a process, with these inputs when there are some. */
  openProcess(id: string, inputs?: Inputs, how?: IOpening): ProcessTab {
    const found = this.processes.find(tab => tab.model.id === id);
    const tab = found ?? this.makeProcess(id, inputs);
    if (found === undefined) {
      void this.processes.add(tab);
      tab.model.changed.connect(() => void this.processes.save(tab));
    } else if (inputs !== undefined) {
      tab.model.fill(inputs);
    }
    show(this.app, tab, how);
    return tab;
  }

  openJob(id: string, how?: IOpening): JobTab {
    const found = this.jobs.find(tab => tab.model.id === id);
    const tab = found ?? this.makeJob(id);
    if (found === undefined) {
      void this.jobs.add(tab);
    }
    show(this.app, tab, how);
    return tab;
  }

  /** Close the tab of a job that is no more. */
  closeJob(id: string): void {
    this.jobs.find(tab => tab.model.id === id)?.dispose();
  }

  /** Open after a reload what was open before it. */
  restore(restorer: ILayoutRestorer): void {
    void restorer.restore(this.processes, {
      command: CommandIDs.openProcess,
      args: tab => ({
        id: tab.model.id,
        inputs: tab.model.inputs() as JSONObject,
        activate: false
      }),
      name: tab => tab.model.id
    });
    void restorer.restore(this.jobs, {
      command: CommandIDs.openJob,
      args: tab => ({ id: tab.model.id, activate: false }),
      name: tab => tab.model.id
    });
  }

  private readonly processes = new WidgetTracker<ProcessTab>({
    namespace: 'jupyter-ades-process'
  });
  private readonly jobs = new WidgetTracker<JobTab>({
    namespace: 'jupyter-ades-job'
  });
}
