/** What the user has chosen in the settings editor. */

import type { ISettingRegistry } from '@jupyterlab/settingregistry';

import { PLUGIN } from '../tokens';

export class Settings {
  notifications = true;
  askBeforeRemoving = true;

  /** Take what is chosen now and later. */
  async read(registry: ISettingRegistry): Promise<void> {
    const chosen = await registry.load(PLUGIN);
    const take = (): void => {
      this.notifications = chosen.composite.notifications !== false;
      this.askBeforeRemoving = chosen.composite.askBeforeRemoving !== false;
    };
    chosen.changed.connect(take);
    take();
  }
}
