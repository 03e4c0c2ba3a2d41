/* A world map without tiles: draws footprints, and an area of interest with the pointer.
 * Coordinates are degrees; in the SVG they are tenths of degrees, north up (y = -latitude).
 * LAND is put in by map.py: Natural Earth's coast lines (public domain), 1:110 million. */
const LAND = "__LAND__";
const SVG = "http://www.w3.org/2000/svg";
const WORLD = [-1800, -900, 3600, 1800];

const node = (name, attributes, parent) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
};

const ring = points => `M${points.map(([x, y]) => `${x * 10} ${-y * 10}`).join("L")}Z`;

function outline(geometry) {
  switch (geometry?.type) {
    case "Polygon":
      return geometry.coordinates.map(ring).join("");
    case "MultiPolygon":
      return geometry.coordinates.flat().map(ring).join("");
    case "Point": {
      const [x, y] = geometry.coordinates;
      return ring([[x - 0.2, y - 0.2], [x + 0.2, y - 0.2], [x + 0.2, y + 0.2], [x - 0.2, y + 0.2]]);
    }
    default:
      return "";
  }
}

const box = ([west, south, east, north]) =>
  west <= east
    ? ring([[west, south], [east, south], [east, north], [west, north]])
    : box([west, south, 180, north]) + box([-180, south, east, north]);

function graticule(parent) {
  for (let x = -1800; x <= 1800; x += 300) node("line", { x1: x, x2: x, y1: -900, y2: 900 }, parent);
  for (let y = -900; y <= 900; y += 300) node("line", { x1: -1800, x2: 1800, y1: y, y2: y }, parent);
}

function render({ model, el }) {
  el.classList.add("ades-map");
  const svg = node("svg", { role: "img", tabindex: "0", preserveAspectRatio: "xMidYMid meet" });
  node("rect", { class: "sea", x: -1800, y: -900, width: 3600, height: 1800 }, svg);
  node("path", { class: "land", d: LAND }, svg);
  graticule(node("g", { class: "graticule" }, svg));
  const shapes = node("g", { class: "shapes" }, svg);
  const area = node("path", { class: "area" }, svg);
  const bar = document.createElement("div");
  bar.className = "bar";
  const hint = document.createElement("span");
  let view = [...WORLD];

  const show = () => svg.setAttribute("viewBox", view.join(" "));
  const zoom = (factor, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) => {
    const width = Math.min(3600, Math.max(2, view[2] * factor));
    const scale = width / view[2];
    view = [x - (x - view[0]) * scale, y - (y - view[1]) * scale, width, view[3] * scale];
    show();
  };
  const fit = () => {
    const drawn = [...shapes.children, area].filter(each => each.getAttribute("d"));
    if (!drawn.length) {
      view = [...WORLD];
      return show();
    }
    const boxes = drawn.map(each => each.getBBox());
    const left = Math.min(...boxes.map(b => b.x));
    const top = Math.min(...boxes.map(b => b.y));
    const right = Math.max(...boxes.map(b => b.x + b.width));
    const bottom = Math.max(...boxes.map(b => b.y + b.height));
    const width = Math.max((right - left) * 1.6, (bottom - top) * 3.2, 10);
    view = [(left + right - width) / 2, (top + bottom - width / 2) / 2, width, width / 2];
    show();
  };
  const button = (text, title, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.title = title;
    made.setAttribute("aria-label", title);
    made.addEventListener("click", act);
    bar.append(made);
  };
  button("+", "Zoom in", () => zoom(0.5));
  button("−", "Zoom out", () => zoom(2));
  button("⛶", "Fit", fit);
  button("🌍", "Whole world", () => {
    view = [...WORLD];
    show();
  });
  bar.append(hint);

  const draw = () => {
    shapes.replaceChildren();
    for (const each of model.get("shapes")) node("path", { d: outline(each) }, shapes);
    const bbox = model.get("bbox");
    area.setAttribute("d", bbox.length === 4 ? box(bbox) : "");
    svg.setAttribute("aria-label", model.get("label"));
    hint.textContent = model.get("editable") ? "drag to draw, shift and drag to move, wheel to zoom" : "";
  };
  const place = event => {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(svg.getScreenCTM().inverse());
  };
  const clamp = (value, most) => Math.min(most, Math.max(-most, Math.round(value * 1000) / 10000));
  let start = null;
  svg.addEventListener("pointerdown", event => {
    start = { at: place(event), drawing: model.get("editable") && !event.shiftKey };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", event => {
    if (!start) return;
    const now = place(event);
    if (!start.drawing) {
      view = [view[0] - now.x + start.at.x, view[1] - now.y + start.at.y, view[2], view[3]];
      return show();
    }
    const [west, east] = [start.at.x, now.x].sort((a, b) => a - b).map(x => clamp(x, 180));
    const [south, north] = [-start.at.y, -now.y].sort((a, b) => a - b).map(y => clamp(y, 90));
    start.bbox = [west, south, east, north];
    area.setAttribute("d", box(start.bbox));
  });
  svg.addEventListener("pointerup", () => {
    if (start?.bbox) {
      model.set("bbox", start.bbox);
      model.save_changes();
    }
    start = null;
  });
  svg.addEventListener(
    "wheel",
    event => {
      event.preventDefault();
      const at = place(event);
      zoom(event.deltaY > 0 ? 1.25 : 0.8, at.x, at.y);
    },
    { passive: false }
  );
  svg.addEventListener("keydown", event => {
    const step = view[2] / 10;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key === "+") zoom(0.5);
    else if (event.key === "-") zoom(2);
    else if (moves[event.key]) {
      view = [view[0] + moves[event.key][0], view[1] + moves[event.key][1], view[2], view[3]];
      show();
      event.preventDefault();
    }
  });
  el.replaceChildren(svg, bar);
  const redraw = () => {
    draw();
    // The bounding boxes of paths are known once they are on the page.
    requestAnimationFrame(fit);
  };
  model.on("change:shapes", redraw);
  model.on("change:bbox", draw);
  model.on("change:editable change:label", draw);
  show();
  redraw();
}

export default { render };
