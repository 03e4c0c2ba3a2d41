/** How many jobs are open, in the status bar. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import React from 'react';

import type { AdesModel } from '../model/jobs';
import { adesIcon } from './icons';

export class StatusItem extends ReactWidget {
  constructor(
    private readonly model: AdesModel,
    private readonly open: () => void,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-Ades-statusItem');
  }

  protected render(): JSX.Element {
    const { model, trans, open } = this;
    return (
      <UseSignal signal={model.changed}>
        {() => {
          const { accepted = 0, running = 0 } = model.state.counts;
          const waiting =
            accepted > 0 ? `, ${trans.__('%1 waiting', accepted)}` : '';
          return (
            <button
              type="button"
              onClick={open}
              title={trans.__('Processes and jobs (ADES)')}
            >
              <adesIcon.react tag="span" aria-hidden="true" />
              {trans.__('ADES %1 running', running)}
              {waiting}
            </button>
          );
        }}
      </UseSignal>
    );
  }
}
