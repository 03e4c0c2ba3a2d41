/** The extension's own icon, and one per state of a job. */

import {
  LabIcon,
  checkIcon,
  circleEmptyIcon,
  clearIcon,
  errorIcon,
  runningIcon
} from '@jupyterlab/ui-components';

import type { JobStatus } from '../tokens';

/** A scene that is processed: an image's frame, an arrow out of it. */
export const adesIcon = new LabIcon({
  name: 'jupyter-ades:icon',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <g class="jp-icon3" fill="#616161">
    <path d="M4 4h9v2H6v12h12v-7h2v9H4z"/>
    <path d="M8 16l3-4.5 2.2 2.6L15 12l2 4z"/>
    <path d="M15 3h6v6h-2V6.4l-5.3 5.3-1.4-1.4L17.6 5H15z"/>
  </g>
</svg>`
});

/** What a state looks like; its name always stands beside it. */
export const stateIcons: { [status in JobStatus]: LabIcon } = {
  accepted: circleEmptyIcon,
  running: runningIcon,
  successful: checkIcon,
  failed: errorIcon,
  dismissed: clearIcon
};
