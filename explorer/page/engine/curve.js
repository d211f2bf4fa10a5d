// Firing rates over the input: simulated, and exact where a cell has one variable and a reset.
import { integral } from "./numbers.js";
import { run } from "./run.js";
import { even, leadsAway } from "./steadiness.js";

// The rate at a constant input I from the intervals that begin after `discard`, in Hz; `resolved`
// is false where the window does not tell it. Also the lowest and highest potential there. `quick`:
// a few even intervals are enough.
export function rateAt(system, p, x0, I, numerics, { duration, discard, quick }) {
  const enough = (spikes) =>
    spikes[spikes.length - 1 - FEW] >= discard && even(gapsOf(spikes.slice(-1 - FEW)), numerics.dt);
  const found = run(system, p, x0, () => I, numerics, duration, quick ? enough : null);
  const spikes = found.spikes.filter((t) => t >= discard);
  const v = found.traces[system.membrane];
  let low = Infinity, high = -Infinity;
  for (let s = Math.floor(discard/numerics.dt); s < found.samples; s++) {
    if (v[s] < low) low = v[s];
    if (v[s] > high) high = v[s];
  }
  const extremes = { low, high, diverged: found.diverged !== null };
  if (spikes.length === 0) return { I, rate: 0, resolved: true, ...extremes };
  if (spikes.length === 1) return { I, rate: 0, resolved: false, ...extremes };
  const gaps = gapsOf(spikes), length = spikes[spikes.length - 1] - spikes[0];
  // Intervals of one or two steps are those of the integration, not of the cell.
  if (length < 3*numerics.dt*gaps.length) return { I, rate: null, resolved: false, ...extremes };
  const end = (found.samples - 1)*numerics.dt, stopped = end - spikes[spikes.length - 1] > 1.5*Math.max(...gaps);
  const resolved = even(gaps, numerics.dt) && !leadsAway(gaps, numerics.dt) && !stopped;
  return { I, rate: gaps.length/length, resolved, ...extremes };
}

const FEW = 3;  // intervals
const gapsOf = (spikes) => Array.from(spikes.slice(1), (t, k) => t - spikes[k]);

// Rounds of work, coarse first: places of the currents, and how they are run (times in seconds).
// The last current, as a rule the strongest, is run first: a run with spikes reaches all of the code,
// and what the browser has compiled for silent runs it compiles anew at the first spike.
export function rounds(count, slowest) {
  const all = Array.from({length: count}, (_, k) => count - 1 - k);
  const coarse = all.filter((k) => k % 4 === 0 || k === count - 1);
  const rest_ = all.filter((k) => !coarse.includes(k));
  return [
    { places: coarse, duration: 0.15, discard: 0.03, coarser: slowest, quick: true },
    { places: rest_, duration: 0.15, discard: 0.03, coarser: slowest, quick: true },
    { places: all, duration: 0.6, discard: 0.2, coarser: 1 },
    { places: all, duration: 2, discard: 0.5, coarser: 1 },
  ];
}

// The exact rate of a cell with one variable that is reset to one value: the reciprocal of the
// refractory period and the integral of 1/(dv/dt) from the reset to the threshold. Null for others.
export function exactRate(system, p, I) {
  if (system.states.length !== 1 || system.reset === null || system.timed) return null;
  if (system.kind === "condition" || system.fires === null) return null;
  const input = () => I, h = system.h, x = new Float64Array(1), out = new Float64Array(1);
  const slope = (v) => { x[0] = v; system.slopes(0, x, p, true, 0, h, input, out); return out[0]; };
  const fires = (v) => { x[0] = v; return system.fires(0, x, p, true, 0, h, input); };
  const after = (v) => { x[0] = v; system.reset(0, x, p, true, 0, h, input); return x[0]; };
  const bottom = after(0);
  if (after(1e-3) !== bottom || fires(bottom)) return null;  // it depends on where the spike is
  const scale = Math.max(Math.abs(bottom), 1e-3);
  let low = bottom, high = bottom + scale;
  for (let k = 0; k < 60 && !fires(high); k++) { low = high; high += scale*2**k; }
  if (!fires(high)) return null;
  for (let k = 0; k < 80; k++) {
    const middle = (low + high)/2;
    if (fires(middle)) high = middle; else low = middle;
  }
  for (let k = 0; k <= 1000; k++) if (!(slope(bottom + (low - bottom)*k/1000) > 0)) return 0;
  const held = system.kind === "time" ? system.refractory(0, x, p, true, 0, h, input) : 0;
  return 1/(held + integral((v) => 1/slope(v), bottom, low));
}
