// One run of a cell: the toolkit's own steps, one after the other, as Brian2 orders them.
import { SYSTEMS } from "../generated.js";
import { inputOf } from "./stimulus.js";

const MEMORY = 6;  // see programs.py
const HOLD = 1, LAST = 5;

// system: what the generator has printed; p: parameters; x0: state at time 0; numerics: {method, dt,
// located}. All in SI units. Returns the state at the beginning of every step (the last sample is
// the end) and the spikes; `diverged` is the time at which the state was no longer finite, or null.
// It ends early once `enough(spikes)` says so, which is asked at every spike.
export function run(system, p, x0, input, numerics, duration, enough = null) {
  const { method, dt: h, located } = numerics;
  const n = x0.length, steps = Math.round(duration/h), step = system.steps[method];
  const x = Float64Array.from(x0), m = new Float64Array(MEMORY);
  m[LAST] = -1e4;
  const traces = Array.from({length: n}, () => new Float64Array(steps + 1));
  const { fires, afterwards } = rules(system, p, x0, input, numerics);
  const inside = located && afterwards !== null && fires !== null && afterwards !== system.reset;
  const kind = system.kind, refractory = system.refractory;
  const spikes = [];
  let last = -Infinity, free = true, diverged = null, s = 0;
  for (let done = false; s < steps && !done; s++) {
    const t = s*h;
    for (let k = 0; k < n; k++) traces[k][s] = x[k];
    if (kind === "time") {
      const length = inside ? m[HOLD] : refractory(t, x, p, free, t, h, input);
      free = s - last >= Math.floor((length + 1e-3*h)/h);
    } else if (kind === "condition") {
      free = free || !refractory(t, x, p, free, t, h, input);
    } else {
      free = true;
    }
    step(t, x, p, free, t, h, input);
    if (free && fires !== null && fires(t, x, p, free, t, h, input)) {
      last = s;
      m[LAST] = t;
      if (inside) {
        afterwards(t, x, p, true, t, h, input, m);
        spikes.push(t + h - m[0]);
      } else {
        if (afterwards !== null) afterwards(t, x, p, false, t, h, input);
        spikes.push(t);
      }
      free = false;
      done = enough !== null && enough(spikes);
    }
    if (inside && system.release !== null && system.release[0](t, x, p, free, t, h, input, m)) {
      system.release[1](t, x, p, free, t, h, input, m);
    }
    if (!finite(x, n)) { diverged = t + h; break; }
  }
  if (diverged === null) for (let k = 0; k < n; k++) traces[k][s] = x[k];
  return { traces, samples: s + 1, dt: h, spikes: Float64Array.from(spikes), diverged, end: x };
}

function finite(x, n) {
  for (let k = 0; k < n; k++) if (!(x[k] - x[k] === 0)) return false;
  return true;
}

// Which condition is tested at the end of a step, and what a spike does then.
function rules(system, p, x0, input, { method, dt, located }) {
  const ahead = system.ahead, fast = method === "rk4";
  const runs = ahead !== null && (located || fast) && runsAway(ahead, system, p, x0, dt, input);
  if (located && system.locate !== null) {
    return runs ? { fires: ahead.fires, afterwards: ahead.locate }
                : { fires: system.firesLocated, afterwards: system.locate };
  }
  return { fires: runs ? ahead.firesOnGrid : system.fires, afterwards: system.reset };
}

// Whether a step cannot follow the upstroke; as simulation/methods/upstroke.py tells it.
function runsAway(ahead, system, p, x0, h, input) {
  const x = Float64Array.from(x0), v = system.membrane;
  x[v] += ahead.way(0, x, p, true, 0, h, input);
  return !(ahead.growth(0, x, p, true, 0, h, input)*h < ahead.limit);
}

// What the named currents and rates are at some of the samples of a run.
export function namedValues(system, p, input, found, every) {
  const count = system.named.length, n = found.traces.length;
  const rows = Math.floor((found.samples - 1)/every) + 1;
  const values = Array.from({length: count}, () => new Float64Array(rows));
  const x = new Float64Array(n), out = new Float64Array(count);
  for (let r = 0; r < rows; r++) {
    const s = r*every, t = s*found.dt;
    for (let k = 0; k < n; k++) x[k] = found.traces[k][s];
    if (count) system.evaluate(t, x, p, true, t, found.dt, input, out);
    for (let k = 0; k < count; k++) values[k][r] = out[k];
  }
  return values;
}

const SHOWN = 4000;  // how many values of the named currents a plot has

// All of a run that is drawn. job: {system, p, x0, blocks, numerics, duration, shown}, without
// functions.
export function traced({ system, p, x0, blocks, numerics, duration, shown = SHOWN }) {
  const own = { ...SYSTEMS[system], h: numerics.dt }, input = inputOf(blocks, duration);
  const found = run(own, p, x0, input, numerics, duration);
  const every = Math.max(1, Math.floor(found.samples/shown));
  return { found, every, named: namedValues(own, p, input, found, every) };
}
