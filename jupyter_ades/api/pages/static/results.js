"use strict";

const place = document.getElementById("picture");
const MOST = 50;
const SVG = "http://www.w3.org/2000/svg";

function path(href) {
  return new URL(href, location.href).pathname;
}

function quicklook() {
  const image = document.createElement("img");
  image.className = "quicklook";
  image.alt = "Quicklook of the results";
  image.addEventListener("load", () => place.prepend(image));
  image.src = path(place.dataset.quicklook);
}

async function read(href) {
  const answer = await ask(href);
  if (!answer.ok) {
    throw new Error(`${answer.status}`);
  }
  return answer.json();
}

function draw(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  parent.append(element);
  return element;
}

function bounds(items) {
  const boxes = items.map((item) => item.bbox);
  const half = boxes[0].length / 2;
  const pick = (index, choose) => choose(...boxes.map((box) => box[index]));
  return [pick(0, Math.min), pick(1, Math.min), pick(half, Math.max), pick(half + 1, Math.max)];
}

function rings(geometry) {
  if (geometry && geometry.type === "Polygon") {
    return geometry.coordinates;
  }
  return geometry && geometry.type === "MultiPolygon" ? geometry.coordinates.flat() : [];
}

function step(width) {
  return [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01].find((each) => width / each >= 3) || 0.005;
}

// Footprints on a grid of degrees: no tiles from elsewhere.
function map(items) {
  const [west, south, east, north] = bounds(items);
  const margin = Math.max(east - west, north - south, 0.01) * 0.25;
  const [left, top] = [west - margin, north + margin];
  const [width, height] = [east - west + 2 * margin, north - south + 2 * margin];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "map");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Footprints: ${west}, ${south} to ${east}, ${north}`);
  const by = step(width);
  const digits = Math.max(0, -Math.floor(Math.log10(by)));
  const size = height / 28;
  for (let x = Math.ceil(left / by) * by; x < left + width; x += by) {
    draw("line", { class: "grid", x1: x - left, x2: x - left, y1: 0, y2: height }, svg);
    draw("text", { x: x - left, y: height - size / 3, "font-size": size }, svg).textContent = x.toFixed(digits);
  }
  for (let y = Math.ceil((top - height) / by) * by; y < top; y += by) {
    draw("line", { class: "grid", x1: 0, x2: width, y1: top - y, y2: top - y }, svg);
    draw("text", { x: 0, y: top - y, "font-size": size }, svg).textContent = y.toFixed(digits);
  }
  for (const item of items) {
    for (const ring of rings(item.geometry)) {
      const points = ring.map(([x, y]) => `${x - left},${top - y}`).join(" ");
      draw("title", {}, draw("polygon", { class: "print", points }, svg)).textContent = item.id;
    }
  }
  place.append(svg);
}

async function footprints() {
  const base = new URL(path(place.dataset.catalog), location.href);
  const catalog = await read(base);
  const hrefs = catalog.links.filter((link) => link.rel === "item").slice(0, MOST);
  const items = await Promise.all(hrefs.map((link) => read(new URL(link.href, base))));
  const placed = items.filter((item) => item.geometry && item.bbox);
  if (placed.length) {
    map(placed);
  }
}

quicklook();
footprints().catch(() => {});
