/** What the map shows: a raster, footprints, and a grid of degrees below them. */

import { Extent, buffer, getIntersection } from 'ol/extent';
import GeoJSON from 'ol/format/GeoJSON';
import Graticule from 'ol/layer/Graticule';
import TileLayer from 'ol/layer/Tile';
import VectorLayer from 'ol/layer/Vector';
import {
  Projection,
  get as projectionOf,
  getTransform,
  transformExtent
} from 'ol/proj';
import DataTile from 'ol/source/DataTile';
import VectorSource from 'ol/source/Vector';
import Fill from 'ol/style/Fill';
import Stroke from 'ol/style/Stroke';
import Style from 'ol/style/Style';
import Text from 'ol/style/Text';
import TileGrid from 'ol/tilegrid/TileGrid';

import type { IFootprint } from '../../model/stac';
import type { IRaster } from './raster';

const DEGREES = 'EPSG:4326';
const TILE = 256;
/** Degrees around a raster that the grid is drawn in. */
const AROUND = 2;

/** The raster's own projection: pixels are shown as they are. */
export function viewProjection(raster: IRaster | null): Projection {
  if (raster === null) {
    return projectionOf(DEGREES) as Projection;
  }
  const code = `EPSG:${raster.epsg}`;
  return (
    (raster.epsg > 0 ? projectionOf(code) : null) ??
    new Projection({ code, units: 'm', extent: raster.extent })
  );
}

/** A projection that does not say where it holds is taken to hold around the raster. */
export function bound(projection: Projection, extent: Extent): void {
  if (projection.getExtent() !== null && projection.getWorldExtent() !== null) {
    return;
  }
  const around = buffer(transformExtent(extent, projection, DEGREES), AROUND);
  const world = getIntersection(around, [-180, -84, 180, 84]);
  projection.setWorldExtent(world);
  projection.setExtent(transformExtent(world, DEGREES, projection));
}

/** Whether degrees can be placed in a projection. */
export function knowsDegrees(projection: Projection): boolean {
  const known = projectionOf(projection.getCode()) !== null;
  return known && getTransform(DEGREES, projection) !== null;
}

/** The raster's tiles, each drawn when it comes into view. */
export function rasterLayer(
  raster: IRaster,
  projection: Projection,
  failed: (error: Error) => void
): TileLayer {
  // OpenLayers counts from the coarsest level.
  const levels = raster.levels.slice().reverse();
  const last = levels.length - 1;
  const source = new DataTile({
    projection,
    interpolate: false,
    transition: 0,
    wrapX: false,
    tileGrid: new TileGrid({
      extent: raster.extent,
      origin: [raster.extent[0], raster.extent[3]],
      resolutions: levels.map(level => level.resolution),
      tileSize: TILE
    }),
    loader: (z, x, y) =>
      raster.draw(last - z, x, y, TILE).catch((error: Error) => {
        failed(error);
        throw error;
      })
  });
  return new TileLayer({
    source: source as never,
    className: 'jp-Ades-raster'
  });
}

/** Where the job's STAC items lie. */
export function footprintLayer(
  footprints: IFootprint[],
  projection: Projection,
  colour: string
): VectorLayer {
  const format = new GeoJSON();
  const features = footprints.map(each =>
    format.readFeature(
      {
        type: 'Feature',
        id: each.href,
        geometry: each.geometry,
        properties: {}
      },
      { dataProjection: DEGREES, featureProjection: projection }
    )
  );
  return new VectorLayer({
    source: new VectorSource({ features: features.flat() }),
    style: [
      new Style({ stroke: new Stroke({ color: '#fff', width: 4 }) }),
      new Style({ stroke: new Stroke({ color: colour, width: 2 }) })
    ]
  });
}

/** Lines of longitude and latitude: a base that needs nothing of the web. */
export function graticule(line: string, text: string, halo: string): Graticule {
  const label = (): Text =>
    new Text({
      font: '11px sans-serif',
      fill: new Fill({ color: text }),
      stroke: new Stroke({ color: halo, width: 3 })
    });
  const [lon, lat] = [label(), label()];
  lon.setTextBaseline('bottom');
  lat.setTextAlign('end');
  return new Graticule({
    strokeStyle: new Stroke({ color: line, width: 1 }),
    showLabels: true,
    wrapX: false,
    targetSize: 120,
    intervals: [
      30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001
    ],
    lonLabelStyle: lon,
    latLabelStyle: lat,
    latLabelFormatter: value => degrees(value),
    lonLabelFormatter: value => degrees(value)
  });
}

function degrees(value: number): string {
  return `${Number(value.toFixed(4))}\u00b0`;
}
