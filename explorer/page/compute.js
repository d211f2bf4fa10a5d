// From the state of the page to what is drawn: runs, numbers, equilibria.
import { DATA } from "./data.js";
import { equilibria, heldInPlane, nullclines, rest, slopesInPlane } from "./engine/equilibria.js";
import { namedValues, run, traced } from "./engine/run.js";
import { blocksSI, cellOf, initialSI, parametersSI, systemOf } from "./state.js";
import { inputOf } from "./engine/stimulus.js";

const kept = new Map();  // resting states, which only parameters change

function restOf(S, system, p) {
  const key = `${S.cell} ${p.join(" ")}`;
  if (!kept.has(key)) {
    if (kept.size > 200) kept.clear();
    kept.set(key, rest(system, p, cellOf(S).search));
  }
  return kept.get(key);
}

// Everything about one cell and how it starts.
export function prepared(S) {
  const h = S.dt/1000, system = { ...systemOf(S), h }, p = parametersSI(S);
  const resting = S.start === "rest" ? restOf(S, system, p) : null;
  const x0 = resting ?? initialSI(S);
  const numerics = { method: S.method, dt: h, located: S.located && S.method !== "half_steps"
    && system.locate !== null };
  return { system, p, x0, numerics, restless: S.start === "rest" && resting === null };
}

// A run as a job that can be sent to a worker; `resultOf` makes of its answer what the page shows.
export function jobOf(S) {
  const { p, x0, numerics } = prepared(S);
  return { system: cellOf(S).system, p, x0, numerics, blocks: blocksSI(S), duration: S.duration/1000,
    shown: S.shown };
}

export function resultOf(S, answer) {
  const cell = prepared(S), duration = S.duration/1000, input = inputOf(blocksSI(S), duration);
  return { ...cell, cell: S.cell, state: S, input, duration, ...answer, ...numbersOf(S, answer.found) };
}

export const compute = (S) => resultOf(S, traced(jobOf(S)));

// The kept neuron under the same stimulus, in its own parameters; null without one, or where the
// inputs have other units.
export function pinnedOf(S) {
  if (!S.pin) return null;
  const own = { ...S, ...S.pin, method: S.method };
  if (systemOf(own).input.unit !== systemOf(S).input.unit) return null;
  if (!systemOf(own).steps[own.method]) own.method = "rk4";
  return own;
}

function numbersOf(S, found) {
  const { spikes } = found, count = spikes.length;
  const onset = Math.min(...S.blocks.map((b) => (b.kind === "constant" ? 0 : b.onset ?? b.first ?? 0)));
  const from = (isFinite(onset) ? onset : 0)/1000;
  const first = spikes.find((t) => t >= from);
  const rate = count > 1 ? (count - 1)/(spikes[count - 1] - spikes[0]) : count ? null : 0;
  return { count, rate, latency: first === undefined ? null : (first - from)*1000 };
}

export const namedOf = (R, every) => namedValues(R.system, R.p, R.input, R.found, every);

// How far two runs are apart that start nearly alike: the largest difference of any state variable,
// as a part of its range. At the step of the page and at half of it.
export const NEARLY = 1e-9;

export function chaosOf(S, R) {
  const halved = { ...S, dt: S.dt/2 };
  const curves = [distances(R), distances(compute(halved))];
  return { curves, ...verdict(curves) };
}

function distances(R) {
  const x1 = Float64Array.from(R.x0, (x) => x*(1 + NEARLY) + (x === 0 ? NEARLY*1e-3 : 0));
  const other = run(R.system, R.p, x1, R.input, R.numerics, R.duration);
  const samples = Math.min(R.found.samples, other.samples);
  const values = new Float64Array(samples).fill(-Infinity);
  R.found.traces.forEach((trace, k) => {
    let low = Infinity, high = -Infinity;
    for (let s = 0; s < samples; s++) {
      low = Math.min(low, trace[s]);
      high = Math.max(high, trace[s]);
    }
    for (let s = 0; s < samples; s++) {
      const apart = Math.abs(trace[s] - other.traces[k][s])/(high - low || 1);
      values[s] = Math.max(values[s], Math.log10(Math.max(apart, 1e-17)));
    }
  });
  return { values, dt: R.numerics.dt, ...growthOf(values, R.numerics.dt) };
}

// Growth of the distance from a running maximum: how many factors of e per second until it is a
// thousandth of the range, and when that is.
function growthOf(values, dt) {
  const apart = values.findIndex((x) => x > -2);
  let start = 0;
  while (start < values.length && values[start] < -11) start++;
  if (apart <= 0) return { apart: null, growth: null };
  const gained = (values[apart] - Math.min(...values.subarray(0, Math.max(1, Math.min(apart, 200)))));
  return { apart: apart*dt*1000, growth: gained*Math.LN10/(apart*dt) };
}

function verdict([whole, half]) {
  if (whole.apart === null && half.apart === null) return { verdict: "chaos.none" };
  if (whole.apart === null || half.apart === null) return { verdict: "chaos.step" };
  return { verdict: "chaos.both" };
}

// --- the phase plane ------------------------------------------------------------------------------

// Which second variable it has: the chosen one, or the first that is not the membrane.
export function planeVariable(S) {
  const { states, membrane } = systemOf(S);
  const chosen = states.findIndex((x) => x.name === S.plane);
  if (chosen >= 0 && chosen !== membrane) return chosen;
  if (states.length === 1) return null;
  const n = states.findIndex((x) => x.name === "n");
  return n > 0 ? n : states.findIndex((_, k) => k !== membrane);
}

export function planeOf(S, R, limits, size) {
  const w = planeVariable(S), s = sampleAt(S, R), I = inputAt(S, R);
  const state = Float64Array.from(R.found.traces, (trace) => trace[s]);
  const held = heldInPlane(R.system, R.p, I, { w, others: S.others, state });
  const slopes = slopesInPlane(R.system, R.p, I, { w, held, state });
  const lines = w === null ? null : nullclines(slopes, limits.x, limits.y, size);
  return { w, I, held, state, lines, slopes };
}

export function sampleAt(S, R) {
  return Math.min(Math.round(S.cursor*R.duration/R.found.dt), R.found.samples - 1);
}

export function inputAt(S, R) {
  const h = R.found.dt, t = sampleAt(S, R)*h;
  return R.input(t, t, h);
}

export const equilibriaOf = (S, R) => equilibria(R.system, R.p, inputAt(S, R), cellOf(S).search);

export const diagramOf = (S) => (Object.keys(S.values).length ? null : DATA.diagrams[S.cell] ?? null);

