// The page: one state, and what follows from it.
import { pythonOf } from "./code.js";
import { chaosOf, compute, equilibriaOf, inputAt, jobOf, pinnedOf, planeOf, planeVariable, prepared,
  resultOf } from "./compute.js";
import { Controls } from "./controls.js";
import { DATA } from "./data.js";
import { colours } from "./plots/draw.js";
import { SYSTEMS } from "./generated.js";
import { drawChaos, drawCurve, drawDiagram, drawPlane, drawTraces, planeLimits,
  traceRows } from "./plots/panels.js";
import { Plot, button, byId, element } from "./plots/plot.js";
import { copyText } from "./plots/files.js";
import { chaosText, cursorText, pointsText, reductionText, warningText } from "./sentences.js";
import { makeLanguages, makeTheme } from "./settings.js";
import { OTHERS, cellOf, conflict, defaults, fromAddress, initialSI, ofPreset, systemOf, toAddress,
  withCell } from "./state.js";
import { namePlain, say, sayModel, shown, withUnit } from "./words.js";
import { chaosTable, curveTable, diagramTable, equilibriaTable, tracesTable } from "./plots/tables.js";
import { traced } from "./engine/run.js";
import { Latest, answering } from "./beside.js";
import { timeControls } from "./plots/zoom.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

let S = defaults(), R = null, rows = [], pinned = null, chaos = null;
let plane = null, limits = null, curve = null, rowLimits = null, selected = null;
let wanted = false, dragging = 0, laterAt = 0, laterTimer = 0, settleTimer = 0, playing = null;
let stale = true, cost = 0;  // whether R is of another state than S; how long its run took, in ms
const plots = {}, times = [];

// --- what changes --------------------------------------------------------------------------------

function change(edit, what, rebuild = false) {
  const next = structuredClone(S);
  edit(next);
  const wrong = conflict(next);
  controls.clearConflicts();
  if (wrong) { S = next; controls.complain(wrong); return; }
  S = next;
  if (rebuild) { controls.build(S); applyWords(); }
  if (what === "parameters" || what === "numerics" || what === "cell") askCurve();
  want(what);
}

function replace(next) {
  stop();
  S = next;
  curve = null;
  rowLimits = null;
  plane = null;
  controls.build(S);
  applyWords();
  askCurve();
  want("cell");
}

// Whether what has been computed is of the cell that is chosen.
const ready = () => R !== null && R.cell === S.cell;

function want(what) {
  clearTimeout(settleTimer);
  if (what !== "view" && what !== "words") {
    dragging = performance.now();
    stale = true;
    if (expected(draftOf(S)) > LONGEST && ready() && runs.able) { runs.ask(draftOf(S)); return; }
  }
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(frame);
}

// --- one frame -----------------------------------------------------------------------------------

// ms. What takes longer than the first is drawn from a draft while something is dragged; a draft
// that takes longer than the second is made beside the page.
const LONG = 5, LONGEST = 16;

const expected = (state) => cost*S.dt/state.dt;

function frame() {
  if (!wanted) return;  // carried out before its time
  wanted = false;
  if (conflict(S)) return;
  const begin = performance.now();
  if (stale) computeNow(cost > LONG && ready() ? draftOf(S) : S);
  drawMain(begin);
}

const bothOf = (state) => [state, pinnedOf(state)].filter(Boolean);

function computeNow(state = S) {
  runs.forget();
  const begin = performance.now(), answers = bothOf(state).map((each) => traced(jobOf(each)));
  cost = (performance.now() - begin)*state.dt/S.dt;
  if (!take(state, answers)) computeNow();
}

// Takes a run, or a draft of it, to be drawn; whether it can be: a draft that fails says nothing of
// the cell.
function take(state, answers) {
  const draft = state !== S;
  if (draft && answers.some((each) => each.found.diverged !== null)) return false;
  const [own, other] = bothOf(state).map((each, k) => resultOf(each, answers[k]));
  R = own;
  rows = traceRows(R);
  pinned = other ? { rows: traceRows(other), R: other } : null;
  stale = draft;
  return true;
}

function drawMain(begin) {
  plots.traces.redraw();
  rowLimits = plots.traces.axes.map((a) => a.ylim);
  times.push(performance.now() - begin);
  if (times.length > 1000) times.shift();
  report();
  later();
  settleIn(200);
}

const SIDE = ["plane", "curve", "diagram"];
const TURNS = [() => showCursor(false), () => preparePlane(true),
  ...SIDE.map((name) => () => plots[name].redraw())];
let turn = 0;

// What may come a little after the traces: one by one, so that no frame has to wait for all, and
// the less often the longer a frame takes.
function later() {
  if (laterTimer) return;
  const since = performance.now() - laterAt, pause = Math.min(100, Math.max(30, 10*(times.at(-1) ?? 0)));
  laterTimer = setTimeout(() => {
    laterTimer = 0;
    laterAt = performance.now();
    TURNS[turn++ % TURNS.length]();
  }, Math.max(0, pause - since));
}

function preparePlane(rough) {
  limits = plane && limits && limits.cell === S.cell && rough ? grown(limits, fresh()) : fresh();
  plane = { ...planeOf(S, R, limits, rough ? 40 : 120), points: [] };
  byId("reduction").textContent = reductionText(R, plane);
}

function findPoints() {
  plane.points = equilibriaOf(S, R);
  byId("points").textContent = pointsText(S, R, plane);
}

const fresh = () => ({ ...planeLimits(S, R, planeVariable(S)), cell: S.cell });
const grown = (a, b) => ({ cell: a.cell, x: [Math.min(a.x[0], b.x[0]), Math.max(a.x[1], b.x[1])],
  y: [Math.min(a.y[0], b.y[0]), Math.max(a.y[1], b.y[1])] });

// Once nothing has changed for some ms. A slow run is made beside the page first, and then settles.
function settleIn(ms) {
  clearTimeout(settleTimer);
  settleTimer = setTimeout(() => {
    if (stale && cost > LONG && ready() && runs.able && !conflict(S)) runs.ask(S);
    else settleFrom(0);
  }, ms);
}

// What is done once, for what stays: part by part, so that neither a hand nor an answer of a worker
// waits for all of it.
const SETTLING = [
  () => {
    if (stale) computeNow();
    rowLimits = null;
    plots.traces.redraw();
    showCursor(false);
    limits = null;
    if (curveRange().join() !== shownRange.join()) askCurve();
  },
  () => preparePlane(false),
  findPoints,
  ...SIDE.map((name) => () => plots[name].redraw()),
  () => {
    chaos = S.chaos ? chaosOf(S, R) : null;
    byId("chaos").hidden = !S.chaos;
    if (chaos) byId("verdict").textContent = chaosText(S, chaos);
    plots.chaos.redraw();
  },
  () => { for (const plot of Object.values(plots)) plot.settle(); },
  () => {
    byId("python").textContent = pythonOf(S);
    writeAddress();
  },
];

function settleFrom(part) {
  if (!begun()) return;
  SETTLING[part]();
  if (part + 1 < SETTLING.length) settleTimer = setTimeout(() => settleFrom(part + 1), 0);
}

function settle() {
  if (begun()) for (const part of SETTLING) part();
}

// Whether the page can settle now; then nothing else of the kind is under way.
function begun() {
  clearTimeout(laterTimer);
  clearTimeout(settleTimer);
  laterTimer = 0;
  return !conflict(S) && ready();
}

let written = location.hash;

function writeAddress() {
  if (location.hash !== written) return;  // another one has been entered and is about to be read
  try {
    history.replaceState(null, "", `#${toAddress(S)}`);
    written = location.hash;
  } catch { /* inside a notebook */ }
}

function report() {
  const rate = R.rate === null ? "–" : shown(R.rate, 4), late = shown(R.latency, 5);
  for (const [key, value] of [["spikes", String(R.count)], ["rate", `${rate} Hz`], ["latency", `${late} ms`]]) {
    const place = byId(`n-${key}`);
    if (place.textContent !== value) place.textContent = value;  // a new layout takes a part of a frame
  }
  byId("numbers").classList.toggle("draft", stale);
  const warning = warningText(R);
  byId("warning").textContent = warning;
  byId("warning").hidden = !warning;
}

// --- F-I curve in a worker ---------------------------------------------------------------------------

let job = 0, curveTimer = 0, worker = null;

// Which inputs the curve has: those of the model, and the one at the cursor.
let shownRange = [0, 1];

function curveRange() {
  const [low, high] = cellOf(S).range;
  if (!ready()) return [low, high];
  const I = inputAt(S, R)/systemOf(S).input.scale, room = 0.1*Math.abs(I);
  return [I < low ? +(I - room).toPrecision(2) : low, I > high ? +(I + room).toPrecision(2) : high];
}

function askCurve() {
  if (curveTimer) return;
  job += 1;  // from now on no answer to the question before is the right one
  curveTimer = setTimeout(() => {
    curveTimer = 0;
    if (conflict(S)) return;
    const { p, x0, numerics } = prepared({ ...S, start: "rest", first: {} }), [from, to] = curveRange();
    shownRange = [from, to];
    const { scale } = systemOf(S).input, usual = { ...numerics, dt: Math.min(numerics.dt, cellOf(S).dt/1000) };
    curveAsked = performance.now();
    worker({ id: job, system: cellOf(S).system, p, x0, search: cellOf(S).search,
      from: from*scale, to: to*scale, count: 50, numerics: usual });
  }, 60);
}
let curveAsked = 0, curveFirst = null;

function receive(answer) {
  if (answer.id !== job) return;
  curve = { ...(curve?.id === answer.id ? curve : {}), ...answer };
  if (curve.points?.length === 50 && curveFirst?.id !== job) {
    curveFirst = { id: job, ms: performance.now() - curveAsked, points: curve.points };
  }
  if (!ready()) return;
  plots.curve.redraw();
  plots.diagram.redraw();
  if (answer.done) { plots.curve.settle(); plots.diagram.settle(); }
}

// --- runs of a slow cell while something is dragged ------------------------------------------------

// They take twice the step, and fewer values of the named currents: fourth order is exact enough to be
// looked at in passing, and `settle` runs what stays. A step or a method that is there to be seen
// failing is left as it is.
function draftOf(state) {
  const exact = state.method === "rk4" && state.dt <= cellOf(state).dt;
  return exact ? { ...state, dt: 2*state.dt, shown: 1500 } : state;
}

const runs = new Latest((state) => bothOf(state).map(jobOf), (state, answers, ms, begin) => {
  cost = ms*state.dt/S.dt;
  if (take(state, answers)) drawMain(begin); else runs.ask(S);
});

// --- plots -----------------------------------------------------------------------------------------

function makePlots() {
  const numbers = element("dl", { id: "numbers", "aria-live": "off" }, ...["spikes", "rate", "latency"].map((key) =>
    element("div", {}, element("dt", { "data-say": `number.${key}` }), element("dd", { id: `n-${key}` }))));
  plots.traces = new Plot("traces", { more: [button("zoom.all", () => setView(null), { id: "whole" })],
    paint: (pen, w, h, style) => paintTraces(pen, w, h, style), table: (whole) => tracesTable(S, R, whole),
    describe: () => say("describe.traces", { model: sayModel(cellOf(S).title), count: R.count }) });
  plots.traces.body.before(numbers, element("p", { id: "warning", role: "alert", hidden: true }));
  plots.traces.body.after(element("p", { id: "cursor" }), element("p", { class: "hint", "data-say": "hint" }));
  const variable = element("select", { id: "variable", "aria-label": say("choose.plane"),
    "data-say-label": "choose.plane", onchange: (event) => change((n) => { n.plane = event.target.value; }, "view") });
  const others = element("select", { id: "others", "aria-label": say("choose.others"),
    "data-say-label": "choose.others", onchange: (event) => change((n) => { n.others = event.target.value; }, "view") });
  plots.plane = new Plot("plane", { more: [variable, others, button("play", play, { id: "play" })],
    paint: (pen, w, h, style) => ready() && plane && drawPlane(pen, w, h, style, { S, R, plane, limits }),
    table: () => equilibriaTable(R, plane), describe: () => say("describe.plane", { count: plane?.points?.length ?? 0 }) });
  plots.plane.body.after(element("p", { id: "reduction", class: "hint" }), element("p", { id: "points", class: "hint" }));
  plots.curve = new Plot("curve", { paint: (pen, w, h, style) => ready() && drawCurve(pen, w, h, style, { S, R, curve, xlim: shownRange }),
    table: () => curveTable(S, curve), describe: () => say("describe.curve") });
  plots.diagram = new Plot("diagram", { paint: (pen, w, h, style) =>
    ready() && drawDiagram(pen, w, h, style, { S, R, curve, xlim: shownRange }), table: () => diagramTable(S, curve), describe: () => say("describe.diagram") });
  plots.chaos = new Plot("chaos", { paint: (pen, w, h, style) => drawChaos(pen, w, h, style, { S, chaos }),
    table: (whole) => chaosTable(chaos, whole), describe: () => (chaos ? chaosText(S, chaos) : say("title.chaos")) });
  plots.chaos.body.before(element("p", { id: "verdict" }));
  for (const name of ["traces", "chaos"]) timeControls(plots[name].canvas, timeHost(plots[name]));
  for (const name of ["plane", "curve", "diagram"]) keys(plots[name]);
}

function paintTraces(pen, width, height, style) {
  if (!ready()) return [];
  const quick = dragging > 0 && performance.now() - dragging < 190;
  const axes = drawTraces(pen, width, height, style, { S, R, pinned, rows, quick,
    limits: quick ? rowLimits : null });
  if (selected) {
    const last = axes[axes.length - 1], [a, b] = selected.map((t) => axes[0].x(t));
    pen.fillStyle = `${style.a}33`;
    pen.fillRect(Math.min(a, b), axes[0].top, Math.abs(b - a), last.top + last.height - axes[0].top);
  }
  return axes;
}

const timeHost = (plot) => ({
  view: () => S.view ?? [0, S.duration],
  duration: () => S.duration,
  setView,
  cursor: () => S.cursor,
  setCursor: (part) => setCursor(part, true),
  box: () => plot.axes?.[0],
  select: (a, b) => { selected = a === null ? null : [a, b]; plot.redraw(); },
});

function setView(view) {
  S = { ...S, view };
  want("view");
}

function setCursor(part, aloud) {
  S = { ...S, cursor: Math.min(Math.max(part, 0), 1) };
  plots.traces.redraw();
  later();
  showCursor(aloud);
  settleIn(300);
}

function showCursor(aloud) {
  const text = cursorText(S, R);
  byId("cursor").textContent = text;
  if (aloud) byId("live").textContent = text;
}

// On the other plots the arrow keys move the same cursor in time.
function keys(plot) {
  plot.canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -0.005, ArrowRight: 0.005 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setCursor(S.cursor + by, true);
  });
}

// The cursor runs along the traces, and the point along the trajectory.
function play() {
  if (playing) { stop(); return; }
  const [from, to] = S.view ?? [0, S.duration], length = Math.min(12000, Math.max(4000, (to - from)*20));
  let at = S.cursor*S.duration >= to*0.995 ? from : Math.max(from, S.cursor*S.duration), before = null;
  playing = true;
  byId("play").textContent = say("stop");
  const go = (now) => {
    if (!playing) return;
    if (before !== null) at += (now - before)/length*(to - from);
    before = now;
    if (at >= to) { at = to; }
    S = { ...S, cursor: at/S.duration };
    plots.traces.redraw();
    for (const part of TURNS) part();
    if (at >= to) { stop(); settleFrom(0); return; }
    if (still.matches) setTimeout(() => go(performance.now()), 500); else requestAnimationFrame(go);
  };
  go(performance.now());
}

function stop() {
  playing = null;
  if (byId("play")) byId("play").textContent = say("play");
}

// --- words, address ------------------------------------------------------------------------------------

function applyWords() {
  for (const part of document.querySelectorAll("[data-say]")) part.textContent = say(part.dataset.say);
  for (const part of document.querySelectorAll("[data-say-label]")) {
    part.setAttribute("aria-label", say(part.dataset.sayLabel));
  }
  const { states, membrane } = systemOf(S), chosen = planeVariable(S);
  byId("variable").replaceChildren(...states.map(({name}, k) => (k === membrane ? null
    : element("option", { value: name, selected: k === chosen }, `${namePlain(states[membrane].name)}–${namePlain(name)}`)))
    .filter(Boolean));
  byId("variable").hidden = states.length < 3;
  byId("others").hidden = states.length < 3;
  byId("others").replaceChildren(...OTHERS.map((value) =>
    element("option", { value, selected: value === S.others }, say(`others.${value}`))));
  document.title = `Excitable: ${sayModel(cellOf(S).title)}`;
}

function note(key) {
  byId("notice").textContent = key ? say(key) : "";
  byId("notice").hidden = !key;
}

function readAddress() {
  try {
    const found = fromAddress(location.hash.slice(1));
    note("");
    return found;
  } catch {
    note("bad.address");
    return null;
  }
}

const copied = (text) => copyText(text, () => { byId("live").textContent = say("copied"); });

const controls = new Controls({
  change,
  cell: (key) => replace(withCell(S, key)),
  preset: (key) => {
    const preset = DATA.presets.find((x) => x.key === key);
    replace(preset ? { ...ofPreset(preset), pin: preset.pin ? ofPreset(preset).pin : null } : { ...S, preset: "" });
  },
  pin: () => change((next) => {
    next.pin = { cell: S.cell, values: { ...S.values }, start: S.start, first: { ...S.first } };
  }, "pin", true),
  unpin: () => change((next) => { next.pin = null; }, "pin", true),
  initial: () => initialSI(S),
});

function begin() {
  makeLanguages(() => {
    controls.build(S);
    applyWords();
    want("words");
    showCursor(false);
  });
  makeTheme(() => { for (const plot of Object.values(plots)) plot.redraw(); });
  S = readAddress() ?? defaults();
  makePlots();
  byId("copy").addEventListener("click", () => copied(byId("python").textContent));
  byId("link").addEventListener("click", () => { settle(); copied(location.href); });
  window.addEventListener("hashchange", () => {
    written = location.hash;
    if (location.hash.slice(1) === toAddress(S)) return;
    replace(readAddress() ?? defaults());
  });
  worker = answering(receive);
  controls.build(S);
  applyWords();
  askCurve();
  wanted = true;
  frame();
  times.opened = performance.now();
}

// For tests and for the console of the browser.
window.excitable = {
  get state() { return structuredClone(S); },
  get result() { return R; },
  get curve() { return curve; },
  get chaos() { return chaos; },
  get plane() { return plane; },
  get box() { return plots.traces.axes[0]; },
  get curveFirst() { return curveFirst; },
  get runs() { return runs; }, plots,
  times, data: DATA, systems: SYSTEMS, colours, compute, defaults, prepared, pythonOf, ofPreset,
  now() { frame(); settle(); }, toAddress, fromAddress,
  set(next) { replace(next); }, unit: withUnit,
};

begin();
