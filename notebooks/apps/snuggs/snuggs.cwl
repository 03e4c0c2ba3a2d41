cwlVersion: v1.2
$namespaces: {s: https://schema.org/}
s:softwareVersion: 0.3.0
s:author: [{class: s:Organization, s:name: The jupyter_ades contributors}]
s:keywords: [earth observation, band math, s-expression, STAC, COG]
s:license: https://spdx.org/licenses/BSD-3-Clause
$graph:
  - class: Workflow
    id: snuggs
    label: Band math by s-expressions
    doc: >-
      Evaluates each s-expression over the bands of each STAC item. Every pair gives a folder with a
      STAC catalog, an item and a COG (float32, NaN where there is no value).
    requirements:
      ScatterFeatureRequirement: {}
    inputs:
      input_reference:
        type: string[]
        label: STAC items
        doc: URLs or absolute paths of STAC items, one band per asset.
      s_expression:
        type: string[]
        label: Expressions
        doc: >-
          Name and expression, as in "ndvi:(/ (- B08 B04) (+ B08 B04))". Bands go by band name,
          common name or asset key; operators are
          + - * / < <= > >= == != & | ! where sqrt log exp min max abs norm_diff.
    outputs:
      results:
        type: Directory[]
        label: Results
        doc: One STAC catalog with one COG for each item and expression.
        outputSource: evaluate/result
    steps:
      evaluate:
        label: Evaluate one expression
        run: "#evaluate"
        scatter: [input_reference, s_expression]
        scatterMethod: flat_crossproduct
        in:
          input_reference: input_reference
          s_expression: s_expression
        out: [result]
  - class: CommandLineTool
    id: evaluate
    label: One expression over one item
    doc: Needs a Python with numpy, pystac and rasterio on the PATH.
    baseCommand: [python, snuggs.py]
    inputs:
      input_reference: {type: string, inputBinding: {position: 1}}
      s_expression: {type: string, inputBinding: {position: 2}}
    outputs:
      result: {type: Directory, outputBinding: {glob: "results/*"}}
    requirements:
      NetworkAccess: {networkAccess: true}
      ResourceRequirement: {coresMin: 1, ramMin: 512}
      InitialWorkDirRequirement:
        listing:
          - entryname: snuggs.py
            entry: |
              """Evaluate an s-expression over the bands of a STAC item and write a COG in a STAC catalog.

                  python snuggs.py ITEM NAME:EXPRESSION     (ITEM is a URL or a path)

              The catalog goes to results/<item>-<name>/. Wrong input ends with one line on stderr and code 1.
              """

              from __future__ import annotations

              import json
              import re
              import sys
              from collections import deque
              from collections.abc import Callable, Iterable, Iterator
              from contextlib import ExitStack
              from dataclasses import dataclass
              from functools import reduce
              from http.client import HTTPException
              from pathlib import Path
              from tempfile import TemporaryDirectory
              from typing import Any
              from urllib.request import urlopen

              import numpy as np
              import numpy.typing as npt
              import pystac
              import rasterio
              import rasterio.shutil
              from pystac.layout import TemplateLayoutStrategy
              from pystac.utils import make_absolute_href
              from rasterio.errors import RasterioError
              from rasterio.io import DatasetReader
              from rasterio.vrt import WarpedVRT
              from rasterio.windows import Window

              Array = npt.NDArray[np.float64]
              Tokens = deque[tuple[str, int]]

              #: Side in pixels of the windows that are read and computed one by one.
              SIDE = 1024
              #: GDAL: bounded caches (MB), no directory listings, and a few tries for a shaky network.
              SETTINGS = {"GDAL_CACHEMAX": 64, "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
              SETTINGS |= {"GDAL_HTTP_TIMEOUT": 60, "GDAL_HTTP_MAX_RETRY": 4, "GDAL_HTTP_RETRY_DELAY": 1}
              RASTERS = ("image/tiff", "image/vnd.stac.geotiff", "image/jp2")
              PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
              COPIED = ("start_datetime", "end_datetime", "platform", "constellation", "instruments")
              #: What reading a document that may be anything from anywhere can raise.
              UNREADABLE = (
                  *(OSError, HTTPException, ValueError, LookupError, TypeError, AttributeError),
                  *(pystac.STACError, pystac.STACTypeError),
              )
              #: Parentheses inside one another, well below Python's own limit.
              DEEPEST = 100
              TOKEN = re.compile(r"[()]|[^()\s]+")
              NUMBER = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")


              class Complaint(Exception):
                  """What is wrong with the input, in one line."""


              @dataclass(frozen=True)
              class Node:
                  """A number, a band's name or, with arguments, an operator."""

                  text: str
                  #: Where it stands in NAME:EXPRESSION, counted from 1.
                  column: int
                  arguments: tuple[Node, ...] = ()


              def parse(text: str) -> tuple[str, Node]:
                  """The name, made safe for a file, and the expression of NAME:EXPRESSION."""
                  name, colon, _ = text.partition(":")
                  if not colon or not make_safe(name):
                      raise Complaint("column 1: a name and a colon must come first, as in ndvi:(- B08 B04)")
                  start = len(name) + 1
                  tokens = deque((found[0], found.start() + 1) for found in TOKEN.finditer(text, start))
                  tokens.append(("", len(text) + 1))
                  node = parse_node(tokens)
                  if tokens[0][0]:
                      raise Complaint(f"column {tokens[0][1]}: nothing may follow here: {tokens[0][0]!r}")
                  return make_safe(name), node


              def parse_node(tokens: Tokens, depth: int = 0) -> Node:
                  """Take one number, name or parenthesis with all that is in it from the tokens."""
                  text, column = tokens.popleft()
                  if text in ("", ")"):
                      raise Complaint(f"column {column}: a number, a band or '(' is missing here")
                  if text != "(":
                      return Node(text, column)
                  if depth == DEEPEST:
                      raise Complaint(f"column {column}: more than {DEEPEST} parentheses inside one another")
                  operator = Node(*tokens.popleft())
                  if operator.text in ("", "(", ")"):
                      raise Complaint(f"column {operator.column}: an operator is missing here")
                  arguments = []
                  while tokens[0][0] not in ("", ")"):
                      arguments.append(parse_node(tokens, depth + 1))
                  if not tokens.popleft()[0]:
                      raise Complaint(f"column {column}: this '(' is never closed")
                  check_arity(operator, len(arguments))
                  return Node(operator.text, operator.column, tuple(arguments))


              def check_arity(operator: Node, count: int) -> None:
                  """Complain about an operator that does not exist or takes another number of arguments."""
                  if operator.text not in OPERATORS:
                      known = " ".join(OPERATORS)
                      raise Complaint(f"column {operator.column}: no operator {operator.text!r}, only {known}")
                  least, most, _ = OPERATORS[operator.text]
                  if count < least or (most is not None and count > most):
                      more = {None: " or more", least: ""}.get(most, f" or {most}")
                      raise Complaint(
                          f"column {operator.column}: {operator.text} takes {least}{more}, not {count}"
                      )


              def make_safe(name: str) -> str:
                  """The name with only characters that suit a file's name; may be empty."""
                  return re.sub("[^A-Za-z0-9._-]+", "-", name).strip(".-")


              def find_names(node: Node) -> Iterator[Node]:
                  """Every place in the expression that names a band."""
                  if not node.arguments and not NUMBER.fullmatch(node.text):
                      yield node
                  for argument in node.arguments:
                      yield from find_names(argument)


              def fold(operate: Callable[[Any, Any], Any]) -> Callable[..., Any]:
                  """The operator for one or more arguments, from left to right."""
                  return lambda *values: reduce(operate, values)


              #: Least and most arguments (None: any number) and what is done with them, pixel by pixel.
              OPERATORS: dict[str, tuple[int, int | None, Callable[..., Any]]] = {
                  "+": (1, None, fold(np.add)),
                  "-": (1, 2, lambda *values: np.negative(*values) if len(values) == 1 else np.subtract(*values)),
                  "*": (1, None, fold(np.multiply)),
                  "/": (2, 2, np.divide),
                  "<": (2, 2, np.less),
                  "<=": (2, 2, np.less_equal),
                  ">": (2, 2, np.greater),
                  ">=": (2, 2, np.greater_equal),
                  "==": (2, 2, np.equal),
                  "!=": (2, 2, np.not_equal),
                  "&": (2, None, fold(np.logical_and)),
                  "|": (2, None, fold(np.logical_or)),
                  "!": (1, 1, np.logical_not),
                  "where": (3, 3, lambda condition, then, other: np.where(condition != 0, then, other)),
                  "sqrt": (1, 1, np.sqrt),
                  "log": (1, 1, np.log),
                  "exp": (1, 1, np.exp),
                  "min": (1, None, fold(np.minimum)),
                  "max": (1, None, fold(np.maximum)),
                  "abs": (1, 1, np.abs),
                  "norm_diff": (2, 2, lambda a, b: (a - b) / (a + b)),
              }


              def evaluate(node: Node, bands: dict[str, Array]) -> Array:
                  """The value of the expression; what is not finite at any step is NaN from there on."""
                  if not node.arguments:
                      return bands[node.text] if node.text in bands else np.array(float(node.text))
                  values = [evaluate(argument, bands) for argument in node.arguments]
                  result = np.asarray(OPERATORS[node.text][2](*values), dtype="float64")
                  # A comparison with NaN is false in numpy; here it is NaN. `where` may leave a NaN aside.
                  needed = values[:1] if node.text == "where" else values
                  return np.where(np.isfinite(result) & ~any_nan(needed), result, np.nan)


              def any_nan(values: Iterable[Array]) -> npt.NDArray[np.bool_]:
                  """Where at least one of the arrays is NaN."""
                  return np.asarray(fold(np.logical_or)(*map(np.isnan, values)))


              def compute(node: Node, bands: dict[str, Array]) -> npt.NDArray[np.float32]:
                  """The expression as float32, NaN wherever one of the bands is NaN or the result has none."""
                  with np.errstate(all="ignore"):
                      value = evaluate(node, bands).astype("float32")
                  return np.where(any_nan(bands.values()) | ~np.isfinite(value), np.float32(np.nan), value)


              def read_item(reference: str) -> pystac.Item:
                  """The STAC item at a URL or a path."""
                  try:
                      if "://" in reference:
                          with urlopen(reference, timeout=60) as answer:
                              record = json.load(answer)
                      else:
                          record = json.loads(Path(reference).read_bytes())
                      return pystac.Item.from_dict(record, preserve_dict=False)
                  except UNREADABLE as error:
                      raise Complaint(f"no STAC item can be read from {reference}: {error}") from error


              def find_hrefs(item: pystac.Item, reference: str) -> dict[str, str]:
                  """The files behind every name that may be used: common names, band names, asset keys."""
                  keys: dict[str, str] = {}
                  names: dict[str, str] = {}
                  meanings: dict[str, set[str]] = {}
                  # Some items have one band at several resolutions: the finest comes first.
                  for key in sorted(item.assets, key=lambda key: item.assets[key].extra_fields.get("gsd") or 0):
                      asset, fields = item.assets[key], item.assets[key].extra_fields
                      bands = fields.get("bands") or fields.get("eo:bands") or [{}]
                      # A file of several bands is a picture made of them; the bands themselves are elsewhere.
                      if len(bands) > 1 or not (asset.media_type or RASTERS[0]).startswith(RASTERS):
                          continue
                      band = bands[0] if isinstance(bands[0], dict) else {}
                      keys[key] = make_absolute_href(asset.href, reference, start_is_dir=False)
                      names.setdefault(band.get("name", key), keys[key])
                      common = str(band.get("common_name", band.get("eo:common_name", key)))
                      meanings.setdefault(common, set()).add(band.get("name", key))
                  # "rededge" may be any of three bands: such a name is not one.
                  common_names = {name: names[of.pop()] for name, of in meanings.items() if len(of) == 1}
                  return common_names | names | keys


              def pick_hrefs(node: Node, hrefs: dict[str, str]) -> dict[str, str]:
                  """The files of the bands that the expression names."""
                  named = list(find_names(node))
                  for place in named:
                      if place.text not in hrefs:
                          known = ", ".join(sorted(hrefs))
                          raise Complaint(f"column {place.column}: no band {place.text!r}, there are {known}")
                  if not named:
                      raise Complaint(f"column {node.column}: the expression names no band")
                  return {place.text: hrefs[place.text] for place in named}


              def shape_of(grid: DatasetReader) -> dict[str, Any]:
                  """What makes two datasets lie pixel on pixel."""
                  return {name: getattr(grid, name) for name in ("crs", "transform", "width", "height")}


              def put_on_grid(dataset: DatasetReader, grid: DatasetReader, stack: ExitStack) -> DatasetReader:
                  """The dataset seen through the pixels of `grid`, by nearest neighbour, as long as the stack."""
                  if shape_of(dataset) == shape_of(grid):
                      return dataset
                  # Without a nodata value only an alpha band tells what lies outside the dataset.
                  vrt = WarpedVRT(dataset, **shape_of(grid), add_alpha=dataset.nodata is None)
                  return stack.enter_context(vrt)


              def open_band(name: str, href: str) -> DatasetReader:
                  """The file of a band, opened."""
                  try:
                      return rasterio.open(href)
                  except RasterioError as error:
                      raise Complaint(f"band {name} cannot be read from {href}: {error}") from error


              def write_cog(path: Path, node: Node, hrefs: dict[str, str]) -> None:
                  """Compute the expression window by window, on the finest of the grids, into a COG."""
                  with rasterio.Env(**SETTINGS), ExitStack() as stack:
                      opened = {name: stack.enter_context(open_band(name, href)) for name, href in hrefs.items()}
                      grid = min(opened.values(), key=lambda dataset: abs(dataset.transform.determinant))
                      readers = {name: put_on_grid(dataset, grid, stack) for name, dataset in opened.items()}
                      profile = {"driver": "GTiff", "dtype": "float32", "nodata": np.nan, "count": 1}
                      profile |= {"tiled": True, "blockxsize": SIDE, "blockysize": SIDE, "bigtiff": "if_safer"}
                      draft = f"{stack.enter_context(TemporaryDirectory())}/draft.tif"
                      with rasterio.open(draft, "w", **profile, **shape_of(grid)) as output:
                          for _, window in output.block_windows():
                              bands = {name: read(reader, window) for name, reader in readers.items()}
                              output.write(compute(node, bands), 1, window=window)
                      layout = {"compress": "deflate", "predictor": "yes", "overview_resampling": "average"}
                      rasterio.shutil.copy(draft, path, driver="COG", **layout)


              def read(reader: DatasetReader, window: Window) -> Array:
                  """One window of the band as float64, NaN where it has no data."""
                  pixels: Array = reader.read(1, window=window, masked=True).astype("float64").filled(np.nan)
                  return pixels


              def describe(source: pystac.Item, reference: str, cog: Path, text: str) -> pystac.Item:
                  """The STAC item of the COG: place and time of the source, grid of the COG."""
                  with rasterio.open(cog) as dataset:
                      authority = dataset.crs and dataset.crs.to_authority()
                      projection = {
                          "proj:code": ":".join(authority) if authority else None,
                          "proj:shape": list(dataset.shape),
                          "proj:transform": list(dataset.transform)[:6],
                      }
                  fields = {name: source.properties[name] for name in COPIED if name in source.properties}
                  item = pystac.Item(cog.stem, source.geometry, source.bbox, source.datetime, fields | projection)
                  item.stac_extensions.append(PROJECTION)
                  band = {"name": text.partition(":")[0], "description": text}
                  about = {"bands": [band], "data_type": "float32", "nodata": "nan"}
                  asset = pystac.Asset(str(cog), text, None, pystac.MediaType.COG, ["data"], about)
                  item.add_asset("data", asset)
                  item.add_link(pystac.Link("derived_from", reference, pystac.MediaType.GEOJSON, source.id))
                  return item


              def run(reference: str, text: str) -> None:
                  """Everything, from the two arguments to the catalog."""
                  name, node = parse(text)
                  reference = make_absolute_href(reference)
                  source = read_item(reference)
                  hrefs = pick_hrefs(node, find_hrefs(source, reference))
                  title = f"{make_safe(source.id)}-{name}"
                  folder = Path("results", title).absolute()
                  folder.mkdir(parents=True, exist_ok=True)
                  cog = folder / f"{title}.tif"
                  write_cog(cog, node, hrefs)
                  catalog = pystac.Catalog(title, f"{text} of {source.id}")
                  catalog.add_item(describe(source, reference, cog, text))
                  catalog.normalize_hrefs(str(folder), TemplateLayoutStrategy(item_template=""))
                  catalog.make_all_asset_hrefs_relative()
                  catalog.save(pystac.CatalogType.SELF_CONTAINED)


              def main(arguments: list[str]) -> int:
                  """The command; its exit code."""
                  if len(arguments) != 2:
                      print("usage: python snuggs.py ITEM NAME:EXPRESSION", file=sys.stderr)
                      return 1
                  try:
                      run(*arguments)
                  except (Complaint, OSError, RasterioError) as error:
                      # rasterio keeps GDAL's own words in the cause.
                      said = error if isinstance(error, Complaint) else error.__cause__ or error
                      reason = " ".join(str(said).split())
                      print(f"snuggs: {arguments[1]!r}: {reason}", file=sys.stderr)
                      return 1
                  return 0


              if __name__ == "__main__":
                  sys.exit(main(sys.argv[1:]))
