/** What went wrong is said in a dialog. */

import { showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { explain } from '../model/words';

/** Do something; a failure is shown under a title. */
export async function telling(
  trans: TranslationBundle,
  title: string,
  action: () => Promise<void>
): Promise<void> {
  try {
    await action();
  } catch (error) {
    await showErrorMessage(title, explain(error, trans));
  }
}
