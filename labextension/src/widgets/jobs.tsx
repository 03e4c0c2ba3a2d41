/** The list of jobs: only the rows in sight are drawn, older ones are read when they come near. */

import type { TranslationBundle } from '@jupyterlab/translation';
import {
  deleteIcon,
  folderIcon,
  refreshIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import { useVirtualizer } from '@tanstack/react-virtual';
import React from 'react';

import type { AdesModel } from '../model/jobs';
import { IJob, JobStatus, isFinal } from '../tokens';
import { IconButton, Progress, State } from './parts';

/** What a click on a job asks for. */
export interface IListActions {
  openJob: (job: IJob) => void;
  openResults: (job: IJob) => void;
  dismiss: (job: IJob) => void;
  rerun: (job: IJob) => void;
}

interface IProps {
  model: AdesModel;
  actions: IListActions;
  trans: TranslationBundle;
}

const ROW = 76;
/** Rows from the end at which older jobs are read. */
const NEAR = 20;

export function Jobs(props: IProps): JSX.Element {
  const { model, trans } = props;
  const { jobs, total, ready, filter } = model.state;
  const empty =
    filter.statuses.length > 0 ? trans.__('None.') : trans.__('None yet.');
  return (
    <section aria-label={trans.__('Jobs')} className="jp-Ades-jobs">
      <h2>{trans.__('Jobs')}</h2>
      <Filter {...props} />
      {ready && jobs.length === 0 && <p>{empty}</p>}
      {jobs.length > 0 && <Rows {...props} jobs={jobs} total={total} />}
    </section>
  );
}

function Filter(props: IProps): JSX.Element {
  const { model, trans } = props;
  const choices: [string, string, JobStatus[]][] = [
    ['all', trans.__('all'), []],
    ['open', trans.__('accepted or running'), ['accepted', 'running']],
    ['successful', trans.__('successful'), ['successful']],
    ['failed', trans.__('failed'), ['failed']],
    ['dismissed', trans.__('dismissed'), ['dismissed']]
  ];
  const now = model.state.filter.statuses.join();
  const current = choices.find(([, , statuses]) => statuses.join() === now);
  const choose = (name: string): void => {
    const [, , statuses] = choices.find(([id]) => id === name) ?? ['', '', []];
    void model.narrow({ statuses });
  };
  return (
    <div className="jp-Ades-choice">
      <label>
        {trans.__('Show')}{' '}
        <select
          value={current?.[0]}
          onChange={event => choose(event.target.value)}
        >
          {choices.map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <span className="jp-Ades-note">
        {trans._n('%1 job', '%1 jobs', model.state.total)}
      </span>
    </div>
  );
}

function Rows(props: IProps & { jobs: IJob[]; total: number }): JSX.Element {
  const { model, jobs, total } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: jobs.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    getItemKey: index => jobs[index]?.jobID ?? index,
    overscan: 6
  });
  const items = rows.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  React.useEffect(() => {
    if (last > jobs.length - NEAR) {
      void model.more();
    }
  }, [last, jobs.length]);
  const move = (event: React.KeyboardEvent): void => {
    const row = (event.target as HTMLElement).closest('li');
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (row === null || step === undefined) {
      return;
    }
    event.preventDefault();
    const next = Number(row.dataset.index) + step;
    if (next >= 0 && next < jobs.length) {
      rows.scrollToIndex(next);
      requestAnimationFrame(() => focusRow(box.current, next));
    }
  };
  return (
    <div ref={box} className="jp-Ades-scroll" onKeyDown={move}>
      <ul style={{ height: rows.getTotalSize() }}>
        {items.map(item => {
          const job = jobs[item.index];
          return (
            job && (
              <li
                key={item.key}
                ref={rows.measureElement}
                data-index={item.index}
                data-status={job.status}
                aria-setsize={total}
                aria-posinset={item.index + 1}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Row job={job} actions={props.actions} trans={props.trans} />
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}

function focusRow(box: HTMLElement | null, index: number): void {
  const row = box?.querySelector(`li[data-index="${index}"] button`);
  (row as HTMLElement | null)?.focus();
}

/** A job that did not change is not drawn again. */
const Row = React.memo(function Row(props: {
  job: IJob;
  actions: IListActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { job, actions, trans } = props;
  return (
    <>
      <div className="jp-Ades-rowHead">
        <button
          type="button"
          className="jp-Ades-link"
          title={trans.__('Open the job %1', job.jobID)}
          onClick={() => actions.openJob(job)}
        >
          {job.processID}
        </button>
        <State job={job} trans={trans} />
      </div>
      <Progress job={job} trans={trans} />
      <div className="jp-Ades-message" title={job.message}>
        {job.message}
      </div>
      <div className="jp-Ades-rowFoot">
        <time
          className="jp-Ades-note"
          dateTime={job.created}
          title={trans.__('Accepted')}
        >
          {new Date(job.created).toLocaleString()}
        </time>
        {job.status === 'successful' && (
          <IconButton
            icon={folderIcon}
            label={trans.__('Open results')}
            onClick={() => actions.openResults(job)}
          />
        )}
        {isFinal(job) && (
          <IconButton
            icon={refreshIcon}
            label={trans.__('Run again')}
            onClick={() => actions.rerun(job)}
          />
        )}
        <IconButton
          icon={isFinal(job) ? deleteIcon : stopIcon}
          label={isFinal(job) ? trans.__('Remove') : trans.__('Stop')}
          onClick={() => actions.dismiss(job)}
        />
      </div>
    </>
  );
});
