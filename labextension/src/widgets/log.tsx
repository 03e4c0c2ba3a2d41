/** A log of any length: only the lines in sight are drawn. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Throttler } from '@lumino/polling';
import { useVirtualizer } from '@tanstack/react-virtual';
import React from 'react';

import type { LogBuffer } from '../model/log';
import { Button } from './parts';

/** Milliseconds between two drawings of a log that grows. */
const FRAME = 100;
/** Pixels from the end within which the log is followed. */
const NEAR = 40;
const LINE = 18;

export function Log(props: {
  log: LogBuffer;
  href: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { log, href, trans } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const following = React.useRef(true);
  const [, draw] = React.useReducer((count: number) => count + 1, 0);
  useGrowth(log, draw);
  const rows = useVirtualizer({
    count: log.lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 20
  });
  React.useEffect(() => {
    if (following.current && log.lines.length > 0) {
      rows.scrollToIndex(log.lines.length - 1, { align: 'end' });
    }
  });
  const scrolled = (): void => {
    const {
      scrollHeight = 0,
      scrollTop = 0,
      clientHeight = 0
    } = box.current ?? {};
    following.current = scrollHeight - scrollTop - clientHeight < NEAR;
  };
  const toEnd = (): void => {
    following.current = true;
    draw();
  };
  return (
    <>
      <div className="jp-Ades-actions">
        <span className="jp-Ades-note" data-lines={log.lines.length}>
          {trans._n('%1 line', '%1 lines', log.dropped + log.lines.length)}
          {log.dropped > 0 &&
            `; ${trans.__('the first %1 are not shown', log.dropped)}`}
        </span>
        <Button onClick={toEnd}>{trans.__('To the end')}</Button>
        <a href={href} download="job.log">
          {trans.__('Download')}
        </a>
      </div>
      <div
        ref={box}
        className="jp-Ades-log"
        role="log"
        aria-live="off"
        aria-label={trans.__('Log')}
        tabIndex={0}
        onScroll={scrolled}
      >
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map(row => (
            <div
              key={row.key}
              className="jp-Ades-logLine"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {log.lines[row.index]}
            </div>
          ))}
        </div>
      </div>
    </>
  );
}

/** Draw again when the log grew, but not for each of its pieces. */
function useGrowth(log: LogBuffer, draw: () => void): void {
  React.useEffect(() => {
    const throttled = new Throttler(draw, { limit: FRAME, edge: 'trailing' });
    const grown = (): void => void throttled.invoke();
    log.changed.connect(grown);
    return () => {
      log.changed.disconnect(grown);
      throttled.dispose();
    };
  }, [log]);
}
