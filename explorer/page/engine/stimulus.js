// The input: building blocks, added. All numbers here are in SI units.
import { BLOCKS } from "../generated.js";
import { normals } from "./numbers.js";

export const SAMPLE = 0.5e-3;  // s, how long each value of the noise is held

// What does not change within a step is asked for once in it.
const FLAT = new Set(["constant", "step", "pulses", "noise"]);

// blocks: [{kind, q}]; `duration` in seconds. Returns the input as a function of the time and of the
// step [begin, begin + h] in which it is asked for.
export function inputOf(blocks, duration) {
  const flat = blocks.filter(({kind}) => FLAT.has(kind)).map((b) => part(b.kind, b.q, duration));
  const moving = blocks.filter(({kind}) => !FLAT.has(kind)).map((b) => part(b.kind, b.q, duration));
  let last = NaN, level = 0;
  const steady = (t, begin, h) => {
    if (begin === last) return level;
    last = begin;
    level = 0;
    for (let k = 0; k < flat.length; k++) level += flat[k](t, begin, h);
    return level;
  };
  if (!moving.length) return steady;
  return (t, begin, h) => {
    let sum = flat.length ? steady(t, begin, h) : 0;
    for (let k = 0; k < moving.length; k++) sum += moving[k](t, begin, h);
    return sum;
  };
}

function part(kind, q, duration) {
  if (kind === "noise") return held(q, duration);
  const f = BLOCKS[kind];
  if (kind === "constant") { const level = q[0]; return () => level; }
  if (kind !== "pulses") return (t, begin, h) => f(t, begin, h, q);
  const [amplitude, width, first, interval, count] = q;
  const trains = Array.from({length: count}, (_, k) => [amplitude, width, first + k*interval]);
  return (t, begin, h) => {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const start = trains[k][2];
      if (begin + h >= start - h && begin <= start + width + h) sum += f(t, begin, h, trains[k]);
    }
    return sum;
  };
}

// Noise whose values are held, as its mean over the step.
function held([deviation, correlation, seed], duration) {
  const n = Math.ceil(duration/SAMPLE - 1e-9);
  const drawn = normals(n, seed), kept = correlation > 0 ? Math.exp(-SAMPLE/correlation) : 0;
  const sum = new Float64Array(n + 1);
  let x = drawn[0];
  for (let k = 0; k < n; k++) {
    sum[k + 1] = sum[k] + deviation*x;
    if (k + 1 < n) x = kept*x + Math.sqrt(1 - kept*kept)*drawn[k + 1];
  }
  const until = (t) => {
    const at = Math.min(Math.max(t/SAMPLE, 0), n), k = Math.min(Math.floor(at + 1e-9), n - 1);
    return sum[k] + (sum[k + 1] - sum[k])*(at - k);
  };
  return (t, begin, h) => (until(begin + h) - until(begin))*SAMPLE/h;
}
