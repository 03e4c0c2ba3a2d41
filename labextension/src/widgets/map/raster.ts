/** Reads a GeoTIFF by ranges: only the parts and the detail that a view needs. */

import {
  BaseClient,
  BaseResponse,
  GeoTIFF,
  GeoTIFFImage,
  fromCustomClient
} from 'geotiff';

import type { AdesApi } from '../../api';
import { IRange, Numbers, paint, rangeOf } from '../../model/colours';

/** Pixels that are read at once to find the range of values, and without overviews at all. */
const SAMPLED = 1024 * 1024;
const WHOLE = 4096 * 4096;
/** Bytes of one range request. */
const BLOCK = 65536;
/** What GDAL calls a reduced-resolution image and a mask (TIFF tag NewSubfileType). */
const REDUCED = 1;
const MASK = 4;
const RGB = 2;

/** A raster that can be drawn. */
export interface IRaster {
  /** West, south, east, north in the units of its projection. */
  extent: [number, number, number, number];
  /** EPSG code; 0 when the file does not name one. */
  epsg: number;
  /** Most detailed first. */
  levels: ILevel[];
  bands: number;
  /** Which bands are drawn: one, or three as red, green, blue. */
  shown: number[];
  ranges: IRange[];
  /** The part of a level as RGBA, `size` pixels wide and high, clear outside the raster. */
  draw: (
    level: number,
    x: number,
    y: number,
    size: number
  ) => Promise<HTMLCanvasElement>;
}

export interface ILevel {
  image: GeoTIFFImage;
  width: number;
  height: number;
  /** Units of the projection per pixel. */
  resolution: number;
}

/** Why a raster is not drawn, for people. */
export class CannotDraw extends Error {}

/** Open a raster; CannotDraw or the reader's own error when it is none that can be drawn. */
export async function openRaster(
  api: AdesApi,
  href: string,
  band: number | null
): Promise<IRaster> {
  const file = new JobFile(api, href);
  try {
    return await read(file, band);
  } catch (error) {
    // The reader says only that a request failed.
    throw file.problem ?? error;
  }
}

async function read(file: JobFile, band: number | null): Promise<IRaster> {
  // A range that is the whole of a small file is answered as the whole file.
  const options = { blockSize: BLOCK, allowFullFile: true };
  const tiff = await fromCustomClient(file, options as object);
  const levels = await levelsOf(tiff);
  const [full] = levels;
  const coarse = levels[levels.length - 1];
  if (full === undefined || coarse === undefined) {
    throw new CannotDraw('it has no image');
  }
  if (levels.length === 1 && full.width * full.height > WHOLE) {
    throw new CannotDraw(
      `it is no cloud-optimized GeoTIFF: ${full.width} x ${full.height} pixels and no overviews`
    );
  }
  if ([5, 6].includes(full.image.getSampleFormat())) {
    throw new CannotDraw('its values are complex numbers');
  }
  const bands = full.image.getSamplesPerPixel();
  const shown = band === null ? usualBands(full.image) : [band];
  const nodata = full.image.getGDALNoData();
  const ranges = await rangesOf(coarse, shown, nodata, full.image);
  return {
    extent: extentOf(full.image),
    epsg: epsgOf(full.image),
    levels,
    bands,
    shown,
    ranges,
    draw: (level, x, y, size) => {
      const chosen = levels[level];
      if (chosen === undefined) {
        throw new CannotDraw('there is no such level');
      }
      return drawTile(chosen, shown, ranges, nodata, x, y, size);
    }
  };
}

/** The image and its overviews, most detailed first. */
async function levelsOf(tiff: GeoTIFF): Promise<ILevel[]> {
  const levels: ILevel[] = [];
  const full = await tiff.getImage(0);
  const [west, , east] = extentOf(full);
  for (let index = 0; index < (await tiff.getImageCount()); index++) {
    const image = await tiff.getImage(index);
    const kind = Number(
      image.getFileDirectory().getValue('NewSubfileType') ?? 0
    );
    if (index === 0 || (kind & REDUCED && !(kind & MASK))) {
      const [width, height] = [image.getWidth(), image.getHeight()];
      const resolution = (east - west) / width;
      levels.push({ image, width, height, resolution });
    }
  }
  return levels.sort((a, b) => a.resolution - b.resolution);
}

function extentOf(image: GeoTIFFImage): IRaster['extent'] {
  try {
    const [west = 0, south = 0, east = 0, north = 0] = image.getBoundingBox();
    return [west, south, east, north];
  } catch {
    throw new CannotDraw('it does not say where on the Earth it lies');
  }
}

function epsgOf(image: GeoTIFFImage): number {
  const keys = image.getGeoKeys() ?? {};
  const code = keys.ProjectedCSTypeGeoKey ?? keys.GeographicTypeGeoKey ?? 0;
  // 32767 is "user-defined" (GeoTIFF 1.1).
  return code === 32767 ? 0 : Number(code);
}

function usualBands(image: GeoTIFFImage): number[] {
  const directory = image.getFileDirectory();
  const colours = directory.getValue('PhotometricInterpretation') === RGB;
  const bands = image.getSamplesPerPixel();
  return colours && bands >= 3 ? [0, 1, 2] : [0];
}

async function rangesOf(
  level: ILevel,
  bands: number[],
  nodata: number | null,
  full: GeoTIFFImage
): Promise<IRange[]> {
  if (bands.length === 3 && full.getBitsPerSample() === 8) {
    return bands.map(() => ({ least: 0, most: 255 }));
  }
  const side = Math.floor(Math.sqrt(SAMPLED));
  const window = [
    0,
    0,
    Math.min(level.width, side),
    Math.min(level.height, side)
  ];
  const values = await valuesOf(level, bands, window);
  const ranges = values.map(each => rangeOf(each, nodata));
  const found = ranges.filter(range => range !== null);
  if (found.length < bands.length) {
    throw new CannotDraw('none of its pixels has a value');
  }
  return found;
}

async function valuesOf(
  level: ILevel,
  bands: number[],
  window: number[]
): Promise<Numbers[]> {
  const rasters = await level.image.readRasters({ samples: bands, window });
  return Array.from(rasters as unknown as ArrayLike<Numbers>);
}

async function drawTile(
  level: ILevel,
  bands: number[],
  ranges: IRange[],
  nodata: number | null,
  x: number,
  y: number,
  size: number
): Promise<HTMLCanvasElement> {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const [left, top] = [x * size, y * size];
  const right = Math.min(left + size, level.width);
  const bottom = Math.min(top + size, level.height);
  const context = canvas.getContext('2d');
  if (context !== null && left < right && top < bottom) {
    const values = await valuesOf(level, bands, [left, top, right, bottom]);
    const pixels = context.createImageData(right - left, bottom - top);
    paint(values, ranges, nodata, pixels.data);
    context.putImageData(pixels, 0, 0);
  }
  return canvas;
}

/** A job's file as the reader asks for it: each range is a request of the page's own. */
class JobFile extends BaseClient {
  constructor(
    private readonly api: AdesApi,
    href: string
  ) {
    super(href);
  }

  /** Why the last request came to nothing. */
  problem: unknown;

  async request(options: RequestInit = {}): Promise<BaseResponse> {
    const { headers, signal } = options;
    try {
      return new Part(await this.api.file(this.url, { headers, signal }));
    } catch (error) {
      this.problem = error;
      throw error;
    }
  }
}

class Part extends BaseResponse {
  constructor(private readonly response: Response) {
    super();
  }

  get status(): number {
    return this.response.status;
  }

  getHeader(name: string): string | undefined {
    return this.response.headers.get(name) ?? undefined;
  }

  getData(): Promise<ArrayBuffer> {
    return this.response.arrayBuffer();
  }
}
