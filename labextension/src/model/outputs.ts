/** What a job left, as a flat list of files. Pure. */

import type { IOutputFile } from '../tokens';

/** How a file can be looked at. */
export type Kind =
  'notebook' | 'raster' | 'image' | 'vector' | 'text' | 'other';

export interface IResultFile {
  /** The package's own name of the output. */
  output: string;
  /** Folders and name, as the job wrote them. */
  name: string;
  href: string;
  size?: number;
  kind: Kind;
}

const KINDS: { [extension: string]: Kind } = {
  ipynb: 'notebook',
  tif: 'raster',
  tiff: 'raster',
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  webp: 'image',
  geojson: 'vector',
  json: 'text',
  txt: 'text',
  log: 'text',
  csv: 'text',
  xml: 'text',
  yaml: 'text',
  yml: 'text',
  md: 'text'
};

/** What a file is, by its name. */
export function kindOf(name: string): Kind {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return KINDS[extension] ?? 'other';
}

/** Every file of every output; `address` makes an address of a told location. */
export function filesOf(
  outputs: { [id: string]: unknown },
  address: (location: string) => string
): IResultFile[] {
  const found: IResultFile[] = [];
  const walk = (value: unknown, output: string, folder: string): void => {
    if (Array.isArray(value)) {
      value.forEach(each => walk(each, output, folder));
    } else if (isFile(value) && value.class === 'Directory') {
      walk(value.listing ?? [], output, `${folder}${value.basename}/`);
    } else if (isFile(value) && value.location !== undefined) {
      found.push({
        output,
        name: folder + value.basename,
        href: address(value.location),
        size: value.size,
        kind: kindOf(value.basename)
      });
    }
  };
  Object.entries(outputs).forEach(([id, value]) => walk(value, id, ''));
  return found;
}

/** The outputs that are plain values; an empty list is none. */
export function literalsOf(outputs: { [id: string]: unknown }): {
  [id: string]: unknown;
} {
  const plain = Object.entries(outputs).filter(
    ([, value]) => !hasFile(value) && !(Array.isArray(value) && !value.length)
  );
  return Object.fromEntries(plain);
}

/** Where a file lies below the job's folder: `wf-<id>/sub/a.tif` gives `sub/a.tif`. */
export function pathInResults(href: string, jobID: string): string {
  const [, path = ''] = new URL(href).pathname.split(`/files/wf-${jobID}/`);
  return decodeURIComponent(path);
}

function hasFile(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasFile) : isFile(value);
}

function isFile(value: unknown): value is IOutputFile {
  const named = (value as IOutputFile | null)?.class;
  return named === 'File' || named === 'Directory';
}
