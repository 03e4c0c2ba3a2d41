/** A job's rasters and footprints on a map. Loaded on demand, with OpenLayers and geotiff.js. */

import type { TranslationBundle } from '@jupyterlab/translation';
import OlMap from 'ol/Map';
import View from 'ol/View';
import { ScaleLine, defaults as controls } from 'ol/control';
import { Extent, createEmpty, extend, isEmpty } from 'ol/extent';
import 'ol/ol.css';
import React from 'react';

import type { AdesApi } from '../../api';
import { gradient } from '../../model/colours';
import type { IResultFile } from '../../model/outputs';
import type { IFootprint } from '../../model/stac';
import { explain } from '../../model/words';
import {
  bound,
  footprintLayer,
  graticule,
  knowsDegrees,
  rasterLayer,
  viewProjection
} from './layers';
import { IRaster, openRaster } from './raster';

interface IProps {
  rasters: IResultFile[];
  footprints: IFootprint[];
  api: AdesApi;
  trans: TranslationBundle;
}

export default function ResultMap(props: IProps): JSX.Element {
  const { rasters, api, trans } = props;
  const [place, choose] = React.useState(0);
  const [band, setBand] = React.useState<number | null>(null);
  const [raster, setRaster] = React.useState<IRaster | null>(null);
  const [problem, tell] = React.useState('');
  const file = rasters[place];
  React.useEffect(() => {
    let left = false;
    tell('');
    setRaster(null);
    if (file !== undefined) {
      openRaster(api, file.href, band).then(
        found => !left && setRaster(found),
        (error: Error) => !left && tell(explain(error, trans))
      );
    }
    return () => {
      left = true;
    };
  }, [file?.href, band]);
  return (
    <>
      <div className="jp-Ades-actions">
        {rasters.length > 1 && (
          <Choice
            label={trans.__('Image')}
            value={place}
            options={rasters.map(each => each.name)}
            choose={index => {
              setBand(null);
              choose(index);
            }}
          />
        )}
        {raster !== null && raster.bands > 1 && (
          <Choice
            label={trans.__('Band')}
            value={band ?? raster.shown[0] ?? 0}
            options={Array.from({ length: raster.bands }, (_, index) =>
              String(index + 1)
            )}
            choose={setBand}
          />
        )}
        {raster !== null && <Legend raster={raster} trans={trans} />}
      </div>
      {problem && file !== undefined && (
        <p role="alert" className="jp-Ades-said" data-wrong="true">
          {trans.__('%1 cannot be drawn: %2.', file.name, problem)}{' '}
          <a href={file.href} download>
            {trans.__('Download it')}
          </a>
        </p>
      )}
      {(file === undefined || raster !== null || problem !== '') && (
        <Canvas
          {...props}
          raster={raster}
          tell={tell}
          name={file?.name ?? ''}
        />
      )}
    </>
  );
}

function Choice(props: {
  label: string;
  value: number;
  options: string[];
  choose: (index: number) => void;
}): JSX.Element {
  return (
    <label className="jp-Ades-choice">
      {props.label}{' '}
      <select
        value={props.value}
        onChange={event => props.choose(Number(event.target.value))}
      >
        {props.options.map((option, index) => (
          <option key={option} value={index}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

function Legend(props: {
  raster: IRaster;
  trans: TranslationBundle;
}): JSX.Element | null {
  const [range, ...more] = props.raster.ranges;
  if (range === undefined || more.length > 0) {
    return null;
  }
  const [least, most] = [range.least, range.most].map(short);
  return (
    <span
      className="jp-Ades-legend"
      role="img"
      aria-label={props.trans.__('Colours from %1 to %2', least, most)}
    >
      {least}
      <span style={{ background: gradient() }} />
      {most}
    </span>
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** OpenLayers in a box of its own. */
function Canvas(
  props: IProps & {
    raster: IRaster | null;
    name: string;
    tell: (problem: string) => void;
  }
): JSX.Element {
  const { raster, footprints, trans, name, tell } = props;
  const box = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    if (box.current === null) {
      return;
    }
    const map = draw(box.current, raster, footprints, error =>
      tell(explain(error, trans))
    );
    return () => map.setTarget(undefined);
  }, [raster, footprints]);
  return (
    <div
      ref={box}
      className="jp-Ades-map"
      role="group"
      tabIndex={0}
      aria-label={
        name ? trans.__('Map of %1', name) : trans.__('Map of footprints')
      }
    />
  );
}

function draw(
  target: HTMLElement,
  raster: IRaster | null,
  footprints: IFootprint[],
  failed: (error: Error) => void
): OlMap {
  const projection = viewProjection(raster);
  const style = getComputedStyle(target);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const map = new OlMap({
    target,
    controls: controls({ attribution: false, rotate: false }).extend([
      new ScaleLine()
    ]),
    view: new View({ projection, showFullExtent: true })
  });
  const extent: Extent = raster?.extent.slice() ?? createEmpty();
  if (knowsDegrees(projection)) {
    bound(projection, extent);
    map.addLayer(
      graticule(
        colour('--jp-border-color1'),
        colour('--jp-ui-font-color1'),
        colour('--jp-layout-color1')
      )
    );
  }
  if (raster !== null) {
    map.addLayer(rasterLayer(raster, projection, failed));
  }
  if (knowsDegrees(projection) && footprints.length > 0) {
    const layer = footprintLayer(
      footprints,
      projection,
      colour('--jp-brand-color1')
    );
    map.addLayer(layer);
    extend(extent, layer.getSource()?.getExtent() ?? createEmpty());
  }
  if (!isEmpty(extent)) {
    map
      .getView()
      .fit(extent, { padding: [24, 24, 24, 24], size: map.getSize() });
  }
  return map;
}
