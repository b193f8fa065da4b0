// Posts as points on a canvas: move, zoom, and draw around some.
import { replace } from "./studio.js";

const MARGIN = 0.08; // share of the plane that stays free around the points
const LEAST_STEP = 6; // pixels between two corners of a lasso
const HUES = 12;
const STEPS = 5;

const root = /** @type {HTMLElement} */ (document.querySelector("[data-map]"));
const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector("[data-canvas]"));
const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
const legend = /** @type {HTMLElement} */ (root.querySelector("[data-legend]"));
const place = /** @type {HTMLElement} */ (document.querySelector("[data-selected-place]"));

/** @type {{x: number[], y: number[], topic: number[], above: (number | null)[], time: number[]}} */
let points = { x: [], y: [], topic: [], above: [], time: [] };
let bounds = { left: 0, right: 1, low: 0, high: 1 };
let view = { x: 0, y: 0, zoom: 1 };
let colour = root.dataset.colour ?? "topic";
let drag = "lasso";
/** Corners in the map's coordinates. @type {[number, number][]} */
let lasso = [];
let topic = root.dataset.topic ?? "";
/** Class of the posts of a topic that is chosen. */
let chosen = "lasso";

const numbers = (root.dataset.lasso ?? "").split(",").filter(Boolean).map(Number);
for (let i = 0; i + 1 < numbers.length; i += 2) lasso.push([numbers[i], numbers[i + 1]]);

/** @param {string} name */
function token(name) {
  // Colours that depend on the theme are computed by the browser, not by us.
  const probe = document.createElement("span");
  probe.className = `dot ${name}`;
  root.append(probe);
  const found = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return found;
}

/** Topic → its place in the list, the largest first. @type {Map<number, number>} */
const places = new Map();
document.querySelectorAll("[data-topic-choice]").forEach((link, i) => {
  places.set(Number(link.getAttribute("data-topic-choice")), i);
});

/** Class of a point's colour. @param {number} i */
function classOf(i) {
  if (colour === "topic") {
    if (topic && lasso.length < 3) return points.topic[i] === Number(topic) ? chosen : "cx";
    const at = places.get(points.topic[i]);
    return at === undefined || at >= HUES ? "cx" : `c${at}`;
  }
  if (colour === "time") return `t${Math.min(STEPS - 1, Math.floor(points.time[i] * STEPS))}`;
  const above = points.above[i];
  if (above === null) return "cx";
  return above < -1 ? "a0" : above < -0.2 ? "a1" : above <= 0.2 ? "a2" : above <= 1 ? "a3" : "a4";
}

const WORDS = {
  above: { a0: "under half", a1: "below", a2: "usual", a3: "above", a4: "over twice" },
  time: { t0: "oldest", t1: "", t2: "", t3: "", t4: "newest" },
};

function size() {
  const box = canvas.getBoundingClientRect();
  return { width: box.width, height: box.height };
}

/** Pixels for one unit of the map. */
function scale() {
  const { width, height } = size();
  const room = 1 - 2 * MARGIN;
  const across = (width * room) / (bounds.right - bounds.left || 1);
  const up = (height * room) / (bounds.high - bounds.low || 1);
  return Math.min(across, up) * view.zoom;
}

/** @param {number} x @param {number} y @returns {[number, number]} */
function toScreen(x, y) {
  const { width, height } = size();
  const k = scale();
  const cx = (bounds.left + bounds.right) / 2 + view.x;
  const cy = (bounds.low + bounds.high) / 2 + view.y;
  return [width / 2 + (x - cx) * k, height / 2 - (y - cy) * k];
}

/** @param {number} px @param {number} py @returns {[number, number]} */
function toMap(px, py) {
  const { width, height } = size();
  const k = scale();
  const cx = (bounds.left + bounds.right) / 2 + view.x;
  const cy = (bounds.low + bounds.high) / 2 + view.y;
  return [cx + (px - width / 2) / k, cy - (py - height / 2) / k];
}

let waiting = 0;
function draw() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(paint);
}

function paint() {
  const { width, height } = size();
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const radius = Math.max(1.2, Math.min(5, 90 / Math.sqrt(points.x.length || 1))) * Math.min(2, Math.sqrt(view.zoom));
  const at = places.get(Number(topic)) ?? HUES;
  chosen = at < HUES ? `c${at}` : "lasso";
  /** @type {Map<string, number[]>} */
  const groups = new Map();
  for (let i = 0; i < points.x.length; i++) {
    const name = classOf(i);
    const some = groups.get(name);
    if (some) some.push(i);
    else groups.set(name, [i]);
  }
  // Points that say nothing lie below the others.
  for (const [name, some] of [...groups].sort(([a], [b]) => Number(b === "cx") - Number(a === "cx"))) {
    pen.fillStyle = token(name);
    pen.globalAlpha = name === "cx" ? 0.35 : 0.8;
    pen.beginPath();
    for (const i of some) {
      const [px, py] = toScreen(points.x[i], points.y[i]);
      if (px < -9 || py < -9 || px > width + 9 || py > height + 9) continue;
      pen.moveTo(px + radius, py);
      pen.arc(px, py, radius, 0, 7);
    }
    pen.fill();
  }
  pen.globalAlpha = 1;
  if (lasso.length > 1) {
    pen.beginPath();
    lasso.forEach(([x, y], i) => (i ? pen.lineTo(...toScreen(x, y)) : pen.moveTo(...toScreen(x, y))));
    pen.closePath();
    pen.strokeStyle = token("lasso");
    pen.lineWidth = 2;
    pen.stroke();
    pen.globalAlpha = 0.12;
    pen.fillStyle = token("lasso");
    pen.fill();
    pen.globalAlpha = 1;
  }
}

function describe() {
  const words = colour === "above" ? WORDS.above : colour === "time" ? WORDS.time : {};
  legend.replaceChildren(
    ...Object.entries(words).map(([name, text]) => {
      const item = document.createElement("span");
      const dot = document.createElement("span");
      dot.className = `dot ${name}`;
      item.append(dot, text);
      return item;
    }),
  );
}

function query() {
  const values = new URLSearchParams({ colour });
  if (lasso.length > 2) values.set("lasso", lasso.flat().map((value) => value.toPrecision(4)).join(","));
  else if (topic) values.set("topic", topic);
  return values.toString();
}

/** Ask for the posts that are selected, and put it into the address. */
async function select() {
  history.replaceState(null, "", `?${query()}`);
  for (const link of document.querySelectorAll("[data-topic-choice]")) {
    const current = link instanceof HTMLElement && link.dataset.topicChoice === topic && lasso.length < 3;
    if (current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (lasso.length > 2 || topic) await replace(`${root.dataset.selected}?${query()}`, place);
  else place.replaceChildren();
}

/** @param {number} factor @param {[number, number]} [at] */
function zoom(factor, at) {
  if (!factor) {
    view = { x: 0, y: 0, zoom: 1 };
  } else {
    const fixed = at && toMap(...at);
    view.zoom = Math.min(60, Math.max(0.5, view.zoom * factor));
    if (fixed && at) {
      const [x, y] = toMap(...at);
      view.x += fixed[0] - x;
      view.y += fixed[1] - y;
    }
  }
  draw();
}

/** @type {[number, number] | undefined} */
let last;
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  last = [event.offsetX, event.offsetY];
  if (drag === "lasso") lasso = [toMap(...last)];
});
canvas.addEventListener("pointermove", (event) => {
  if (!last) return;
  const now = /** @type {[number, number]} */ ([event.offsetX, event.offsetY]);
  if (drag === "move") {
    view.x -= (now[0] - last[0]) / scale();
    view.y += (now[1] - last[1]) / scale();
    last = now;
  } else if (Math.hypot(now[0] - last[0], now[1] - last[1]) >= LEAST_STEP && lasso.length < 400) {
    lasso.push(toMap(...now));
    last = now;
  }
  draw();
});
canvas.addEventListener("pointerup", () => {
  last = undefined;
  if (drag !== "lasso") return;
  topic = "";
  if (lasso.length < 3) lasso = [];
  draw();
  select();
});
canvas.addEventListener("wheel", (event) => {
  // A page that scrolls is not caught by the map: zooming takes Ctrl, as a pinch sends it.
  if (!event.ctrlKey && drag !== "move") return;
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 300), [event.offsetX, event.offsetY]);
}, { passive: false });
canvas.addEventListener("keydown", (event) => {
  const step = 60 / scale();
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => (view.x -= step), ArrowRight: () => (view.x += step),
    ArrowUp: () => (view.y += step), ArrowDown: () => (view.y -= step),
    "+": () => zoom(1.4), "-": () => zoom(0.7), 0: () => zoom(0),
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
  draw();
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const choice = target?.closest("[data-colour-choice], [data-drag], [data-zoom]");
  if (choice instanceof HTMLElement) {
    if (choice.dataset.zoom) zoom(Number(choice.dataset.zoom));
    if (choice.dataset.drag) drag = choice.dataset.drag;
    if (choice.dataset.colourChoice) colour = choice.dataset.colourChoice;
    canvas.dataset.drag = drag;
    for (const each of choice.parentElement?.querySelectorAll("[aria-pressed]") ?? []) {
      each.setAttribute("aria-pressed", String(each === choice));
    }
    if (choice.dataset.colourChoice) {
      describe();
      select();
    }
    draw();
  }
  const wanted = target?.closest("[data-topic-choice]");
  if (wanted instanceof HTMLElement) {
    event.preventDefault();
    topic = wanted.dataset.topicChoice ?? "";
    lasso = [];
    draw();
    select();
  }
});

/** Bounds that leave out the farthest points, so that a few do not make all others small.
 * @param {number[]} values */
function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return [at(0.01), at(0.99)];
}

document.addEventListener("theme", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
new ResizeObserver(draw).observe(canvas);

const answer = await fetch(root.dataset.points ?? "");
if (answer.ok) {
  points = await answer.json();
  const [left, right] = middle(points.x);
  const [low, high] = middle(points.y);
  bounds = { left, right, low, high };
}
canvas.dataset.ready = String(points.x.length);
describe();
draw();
if (lasso.length > 2 || topic) select();
