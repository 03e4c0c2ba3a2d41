/** The side panel: processes, and jobs that update by themselves. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import React from 'react';

import type { AdesModel } from '../model/jobs';
import { adesIcon } from './icons';
import { IListActions, Jobs } from './jobs';
import { IProcessActions, Processes } from './processes';

export type IPanelActions = IListActions & IProcessActions;

export class AdesPanel extends ReactWidget {
  constructor(
    private readonly model: AdesModel,
    private readonly actions: IPanelActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = 'jupyter-ades-panel';
    this.title.icon = adesIcon;
    this.title.caption = trans.__('Processes and jobs (ADES)');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', this.title.caption);
    this.addClass('jp-AdesPanel');
  }

  protected render(): JSX.Element {
    const { model, actions, trans } = this;
    return (
      <UseSignal signal={model.changed}>
        {() => {
          const { problem, processes, ready } = model.state;
          return (
            <>
              {problem && (
                <p role="alert" className="jp-Ades-said" data-wrong="true">
                  {problem}
                </p>
              )}
              {model.api.available && (
                <>
                  <Processes
                    processes={processes}
                    ready={ready}
                    actions={actions}
                    trans={trans}
                  />
                  <Jobs model={model} actions={actions} trans={trans} />
                </>
              )}
            </>
          );
        }}
      </UseSignal>
    );
  }
}
