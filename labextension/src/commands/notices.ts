/** Tells that a job has ended, with what to do next. */

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { AdesModel } from '../model/jobs';
import type { IJob } from '../tokens';
import type { JobCommands } from './jobs';
import type { Settings } from './settings';
import type { Tabs } from './tabs';

/** Characters of a failure's reason that a notice shows. */
const SHOWN = 200;

export function announceEnds(
  model: AdesModel,
  jobs: JobCommands,
  tabs: Tabs,
  settings: Settings,
  trans: TranslationBundle
): void {
  const open = (job: IJob, label: string): Notification.IAction => ({
    label,
    callback: () => void tabs.openJob(job.jobID)
  });
  model.ended.connect((_, job) => {
    if (!settings.notifications) {
      return;
    }
    if (job.status === 'successful') {
      Notification.success(trans.__('%1 is done', job.processID), {
        autoClose: 10000,
        actions: [open(job, trans.__('Open results'))]
      });
    } else if (job.status === 'failed') {
      const why = job.message.slice(0, SHOWN);
      Notification.error(trans.__('%1 failed: %2', job.processID, why), {
        autoClose: false,
        actions: [
          open(job, trans.__('Show why')),
          {
            label: trans.__('Run again'),
            callback: () => void jobs.rerun(job)
          }
        ]
      });
    }
  });
}
