/** What goes wrong, in words for people. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { AdesError } from '../tokens';

/** Why a request came to nothing and what to do. */
export function explain(error: unknown, trans: TranslationBundle): string {
  const { reason, message } = error as AdesError;
  if (reason === 'session') {
    return trans.__(
      'You are no longer logged in. Open this page again, log in, and go on; your jobs are safe.'
    );
  }
  if (reason === 'unreachable') {
    return trans.__(
      'The server does not answer. It may be restarting; this page tries again by itself, and your jobs are safe.'
    );
  }
  return message || String(error);
}

/** What is said when the server has no ADES. */
export function missing(trans: TranslationBundle): string {
  return trans.__(
    'This server runs without the ADES. Enable it with "jupyter server extension enable jupyter_ades" and restart the server.'
  );
}

/** A state in words. */
export function stateName(status: string, trans: TranslationBundle): string {
  switch (status) {
    case 'accepted':
      return trans.__('accepted');
    case 'running':
      return trans.__('running');
    case 'successful':
      return trans.__('successful');
    case 'failed':
      return trans.__('failed');
    default:
      return trans.__('dismissed');
  }
}

/** Bytes as people write them. */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let step = 0;
  while (size >= 1024 && step < units.length - 1) {
    size /= 1024;
    step += 1;
  }
  return `${step === 0 ? size : size.toFixed(1)} ${units[step]}`;
}

/** From one time to another: `42 s`, `3 min 5 s`, `2 h 4 min`. */
export function duration(from: string, to: number): string {
  const seconds = Math.max(0, Math.round((to - Date.parse(from)) / 1000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
