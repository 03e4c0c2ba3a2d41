/** Makes processes of files: from the file browser's menu and from a notebook's toolbar. */

import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { AdesModel } from '../model/jobs';
import type { AdesError, IProcess } from '../tokens';
import { telling } from './telling';

export class Packages {
  constructor(
    private readonly model: AdesModel,
    private readonly trans: TranslationBundle
  ) {}

  /** Whether a file can be deployed. */
  static fits(path: string): boolean {
    return /\.(ipynb|cwl)$/i.test(path);
  }

  /** Deploy; ask before another process is replaced. The process's id, or null. */
  async deploy(path: string): Promise<string | null> {
    const id = await this.put(path, taken => this.mayReplace(path, taken));
    if (id !== null) {
      const said = this.trans.__('%1 is now the process %2', path, id);
      Notification.success(said, { autoClose: 5000 });
    }
    return id;
  }

  /** Deploy what is to run now; what it was before is replaced without a question. */
  async ready(path: string): Promise<string | null> {
    return this.put(path, async () => true);
  }

  async undeploy(process: IProcess): Promise<void> {
    const answer = await showDialog({
      title: this.trans.__('Undeploy %1?', process.id),
      body: this.trans.__('Its jobs and their results stay.'),
      buttons: [
        Dialog.cancelButton(),
        Dialog.warnButton({ label: this.trans.__('Undeploy') })
      ]
    });
    if (answer.button.accept) {
      await telling(
        this.trans,
        this.trans.__('%1 stays', process.id),
        async () => {
          await this.model.api.undeploy(process.id);
          await this.model.refresh();
        }
      );
    }
  }

  private async put(
    path: string,
    mayReplace: (id: string) => Promise<boolean>
  ): Promise<string | null> {
    const title = this.trans.__('%1 cannot be deployed', path);
    let id: string | null = null;
    await telling(this.trans, title, async () => {
      id = await this.deployed(path, mayReplace);
      await this.model.refresh();
    });
    return id;
  }

  private async deployed(
    path: string,
    mayReplace: (id: string) => Promise<boolean>
  ): Promise<string | null> {
    const { api } = this.model;
    try {
      return (await api.deploy(path)).id;
    } catch (error) {
      // The refusal names the process whose id is taken.
      const taken = /'([^']+)'/.exec((error as Error).message)?.[1];
      if ((error as AdesError).status !== 409 || taken === undefined) {
        throw error;
      }
      if (!(await mayReplace(taken))) {
        return null;
      }
      await api.replace(taken, path);
      return taken;
    }
  }

  private async mayReplace(path: string, id: string): Promise<boolean> {
    const answer = await showDialog({
      title: this.trans.__('Replace %1?', id),
      body: this.trans.__(
        'A process of this name and version is deployed. %1 would take its place; jobs keep what they ran.',
        path
      ),
      buttons: [
        Dialog.cancelButton(),
        Dialog.okButton({ label: this.trans.__('Replace') })
      ]
    });
    return answer.button.accept;
  }
}
