import assert from 'node:assert/strict';
import { test } from 'node:test';

import { gradient, paint, rangeOf, viridis } from '../src/model/colours';
import {
  filesOf,
  kindOf,
  literalsOf,
  pathInResults
} from '../src/model/outputs';
import { asCurl, asMagic, asPython } from '../src/model/snippets';
import { footprints } from '../src/model/stac';
import { bytes, duration } from '../src/model/words';

const file = (basename: string): object => ({
  class: 'File',
  basename,
  location: `/files/wf-1/${basename}`,
  size: 3
});

test('files are found in lists and folders, values are told apart', () => {
  const outputs = {
    images: [{ class: 'Directory', basename: 'sub', listing: [file('a.TIF')] }],
    notebook: file('n.ipynb'),
    mean: 0.5,
    names: ['x']
  };
  const found = filesOf(outputs, location => `https://host${location}`);
  assert.deepEqual(
    found.map(({ output, name, kind }) => [output, name, kind]),
    [
      ['images', 'sub/a.TIF', 'raster'],
      ['notebook', 'n.ipynb', 'notebook']
    ]
  );
  assert.equal(found[0]?.href, 'https://host/files/wf-1/a.TIF');
  assert.deepEqual(literalsOf(outputs), { mean: 0.5, names: ['x'] });
  assert.equal(kindOf('README'), 'other');
});

test('a path below the results is told from an address', () => {
  const href = 'https://host/user/me/ws/wps3/jobs/1/files/wf-1/sub/a%20b.tif';
  assert.equal(pathInResults(href, '1'), 'sub/a b.tif');
});

test('footprints are read through catalogs; what cannot be read is left out', async () => {
  const geometry = { type: 'Point', coordinates: [1, 2] };
  const documents: { [href: string]: object } = {
    'https://h/c/catalog.json': {
      type: 'Catalog',
      links: [
        { rel: 'child', href: './s/catalog.json' },
        { rel: 'item', href: './i.json' },
        { rel: 'item', href: './missing.json' }
      ]
    },
    'https://h/c/s/catalog.json': {
      links: [{ rel: 'root', href: '../catalog.json' }]
    },
    'https://h/c/i.json': {
      type: 'Feature',
      id: 'i',
      geometry,
      assets: { data: { href: './a.tif' } }
    }
  };
  const read = async (href: string): Promise<unknown> => {
    assert.ok(href in documents, href);
    return documents[href];
  };
  const found = await footprints('https://h/c/catalog.json', read);
  assert.deepEqual(found, [
    {
      id: 'i',
      href: 'https://h/c/i.json',
      geometry,
      assets: { data: 'https://h/c/a.tif' }
    }
  ]);
});

test('the range leaves out the ends and what is no value', () => {
  const values = Array.from({ length: 101 }, (_, value) => value);
  assert.deepEqual(rangeOf([...values, NaN, -9999], -9999), {
    least: 2,
    most: 98
  });
  assert.deepEqual(rangeOf([5, 5], null), { least: 5, most: 5 });
  assert.equal(rangeOf([NaN, 0], 0), null);
});

test('values become colours, and nothing where there is no value', () => {
  const pixels = new Uint8ClampedArray(16);
  paint([[0, 1, NaN, 7]], [{ least: 0, most: 1 }], 7, pixels);
  assert.deepEqual(
    [...pixels],
    [...viridis(0), 255, ...viridis(1), 255, 0, 0, 0, 0, 0, 0, 0, 0]
  );
  assert.deepEqual(
    [viridis(0), viridis(2)],
    [
      [68, 1, 84],
      [253, 231, 37]
    ]
  );
  assert.match(gradient(), /^linear-gradient\(to right, #440154, .*#fde725\)$/);
});

test('three bands are red, green and blue', () => {
  const pixels = new Uint8ClampedArray(4);
  const full = { least: 0, most: 255 };
  paint([[255], [0], [51]], [full, full, full], null, pixels);
  assert.deepEqual([...pixels], [255, 0, 51, 255]);
});

test('a request is written as Python', () => {
  assert.equal(
    asPython('p-1', { flag: true, none: null, list: [1, 'a'] }),
    [
      'from jupyter_ades import Client',
      '',
      'client = Client()',
      'job = client.process("p-1").execute(',
      '    flag=True,',
      '    none=None,',
      '    list=[1, "a"],',
      ')',
      'job.wait()'
    ].join('\n')
  );
  assert.match(
    asPython('p', { 'max-cloud': 1 }),
    /execute\(\{"max-cloud": 1\}\)/
  );
});

test('a request is written as curl, without a token', () => {
  const said = asCurl('https://h/ws/wps3', 'p', { inputs: { a: "it's" } });
  assert.match(
    said,
    /^curl -X POST 'https:\/\/h\/ws\/wps3\/processes\/p\/jobs'/
  );
  assert.ok(said.includes('"a": "it\'\\\'\'s"'), said);
  assert.ok(said.includes('token $JUPYTER_TOKEN'));
});

test("a request is written as a cell, the magic's own marks doubled", () => {
  const said = asMagic('p', { a: '$5 {x}', 'b-c': [1] });
  assert.equal(said, '%%ades execute p\na: "$$5 {{x}}"\n"b-c": [1]');
});

test('sizes and times are said as people say them', () => {
  assert.deepEqual(
    [bytes(0), bytes(1023), bytes(1536)],
    ['0 B', '1023 B', '1.5 KiB']
  );
  const from = '2026-01-01T00:00:00Z';
  const after = (seconds: number): string =>
    duration(from, Date.parse(from) + seconds * 1000);
  assert.deepEqual(
    [after(4.4), after(185), after(7500)],
    ['4 s', '3 min 5 s', '2 h 5 min']
  );
});
