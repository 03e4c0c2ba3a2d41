/** The list of processes. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { deleteIcon, runIcon } from '@jupyterlab/ui-components';
import React from 'react';

import type { IProcess } from '../tokens';
import { IconButton } from './parts';

/** What a click on a process asks for. */
export interface IProcessActions {
  openProcess: (process: IProcess) => void;
  undeploy: (process: IProcess) => void;
}

export function Processes(props: {
  processes: IProcess[];
  ready: boolean;
  actions: IProcessActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { processes, ready, actions, trans } = props;
  return (
    <section aria-label={trans.__('Processes')} className="jp-Ades-processes">
      <h2>{trans.__('Processes')}</h2>
      {ready && processes.length === 0 && (
        <p>
          {trans.__(
            'None yet. Right-click a notebook or a CWL file and choose "Deploy as process".'
          )}
        </p>
      )}
      <ul>
        {processes.map(process => (
          <li key={process.id}>
            <div className="jp-Ades-rowHead">
              <button
                type="button"
                className="jp-Ades-link"
                title={process.description || process.title}
                onClick={() => actions.openProcess(process)}
              >
                {process.title}
              </button>
            </div>
            <div className="jp-Ades-rowFoot">
              <span className="jp-Ades-note">{process.id}</span>
              <IconButton
                icon={runIcon}
                label={trans.__('Run %1', process.title)}
                onClick={() => actions.openProcess(process)}
              />
              {process.mutable && (
                <IconButton
                  icon={deleteIcon}
                  label={trans.__('Undeploy %1', process.title)}
                  onClick={() => actions.undeploy(process)}
                />
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
