/** Small parts that several of our widgets show. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import React from 'react';

import { stateName } from '../model/words';
import { IJob, isFinal } from '../tokens';
import { stateIcons } from './icons';

/** A button as JupyterLab's own. */
export function Button(props: {
  children: React.ReactNode;
  onClick: () => void;
  kind?: 'accept' | 'warn' | 'plain';
  disabled?: boolean;
  label?: string;
}): JSX.Element {
  const { children, onClick, kind = 'plain', disabled, label } = props;
  const style = kind === 'plain' ? 'jp-mod-reject' : `jp-mod-${kind}`;
  return (
    <button
      type="button"
      className={`jp-Ades-button jp-mod-styled ${style}`}
      onClick={onClick}
      disabled={disabled}
      aria-label={label}
      title={label}
    >
      {children}
    </button>
  );
}

/** A button of an icon alone; its name is told to those who cannot see it. */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: (event?: React.MouseEvent) => void;
}): JSX.Element {
  const { icon: Icon, label, onClick } = props;
  return (
    <button
      type="button"
      className="jp-Ades-iconButton"
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <Icon.react tag="span" elementSize="normal" aria-hidden="true" />
    </button>
  );
}

/** A state by its icon and its name. */
export function State(props: {
  job: IJob;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, trans } = props;
  const Icon = stateIcons[job.status];
  return (
    <span className="jp-Ades-state" data-status={job.status}>
      <Icon.react tag="span" aria-hidden="true" />
      {stateName(job.status, trans)}
    </span>
  );
}

/** How far an open job is. */
export function Progress(props: {
  job: IJob;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { job, trans } = props;
  if (isFinal(job)) {
    return null;
  }
  return (
    <span className="jp-Ades-progress">
      <progress
        max={100}
        value={job.status === 'running' ? job.progress : 0}
        aria-label={trans.__('Progress of %1', job.processID)}
      />
      <span aria-hidden="true">{job.progress} %</span>
    </span>
  );
}

/** One of several views of a thing. */
export interface ITab {
  id: string;
  label: string;
  content: () => JSX.Element;
}

/** Views of which one is shown, as ARIA wants them: arrows move, Home and End go to the ends. */
export function Tabs(props: {
  name: string;
  label: string;
  tabs: ITab[];
  current: string;
  choose: (id: string) => void;
}): JSX.Element {
  const { name, label, tabs, current, choose } = props;
  const shown = tabs.find(tab => tab.id === current) ?? tabs[0];
  const move = (event: React.KeyboardEvent): void => {
    const place = tabs.findIndex(tab => tab.id === shown?.id);
    const target = {
      ArrowRight: place + 1,
      ArrowLeft: place - 1 + tabs.length,
      Home: 0,
      End: tabs.length - 1
    }[event.key];
    const next = target === undefined ? undefined : tabs[target % tabs.length];
    if (next !== undefined) {
      event.preventDefault();
      choose(next.id);
      document.getElementById(`${name}-tab-${next.id}`)?.focus();
    }
  };
  return (
    <>
      <div
        role="tablist"
        aria-label={label}
        className="jp-Ades-tabs"
        onKeyDown={move}
      >
        {tabs.map(tab => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${name}-tab-${tab.id}`}
            aria-selected={tab === shown}
            aria-controls={`${name}-panel`}
            tabIndex={tab === shown ? 0 : -1}
            onClick={() => choose(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${name}-panel`}
        aria-labelledby={`${name}-tab-${shown?.id}`}
        className="jp-Ades-tabPanel"
        data-tab={shown?.id}
      >
        {shown?.content()}
      </div>
    </>
  );
}

/** Buttons that put a request on the clipboard as people write it elsewhere. */
export function CopyAs(props: {
  snippets: { [name: string]: () => string };
  trans: TranslationBundle;
}): JSX.Element {
  const { snippets, trans } = props;
  const copy = (name: string, text: string): void => {
    Clipboard.copyToSystem(text);
    Notification.success(trans.__('Copied as %1', name), { autoClose: 2000 });
  };
  return (
    <span
      className="jp-Ades-copy"
      role="group"
      aria-label={trans.__('Copy the request')}
    >
      <span aria-hidden="true">{trans.__('Copy as')}</span>
      {Object.entries(snippets).map(([name, text]) => (
        <Button
          key={name}
          label={trans.__('Copy as %1', name)}
          onClick={() => copy(name, text())}
        >
          {name}
        </Button>
      ))}
    </span>
  );
}
