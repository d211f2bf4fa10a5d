// Equilibria, their stability, and nullclines, at a constant input. All numbers in SI units.
import { eigenvalues } from "./numbers.js";

// As in dynamics/potential_search.py.
const CUTS = 30, GOLDEN = (Math.sqrt(5) - 1)/2, TOUCHES = 1e-9, POLE = 1e3;

// Of the slope, by which it may miss a straight line over the input by rounding, which is more where
// one unit of the input changes little.
const LINEAR = 1e-9, ROUNDING = 1e-14;

const constant = (I) => () => I;

// dv/dt with all other variables where they come to rest at v; x is filled on the way.
function atSteady(system, p, I, v, x, out) {
  x[system.membrane] = v;
  system.steady(v, I, p, x);
  system.slopes(0, x, p, true, 0, system.h, constant(I), out);
  return out[system.membrane];
}

// Potentials: even from low to high, then with ever wider steps.
function potentials([low, high, points, tail, wider]) {
  const step = (high - low)/(points - 1), below = [], above = [], even = [];
  for (let k = 0, wide = step, beyond = 0; k < tail; k++) {
    wide *= wider;
    beyond += wide;
    below.push(low - beyond);
    above.push(high + beyond);
  }
  for (let k = 0; k < points; k++) even.push(low + k*step);
  return [...below.reverse(), ...even, ...above];
}

// Where f, of one sign at three neighbours, has the other sign between them; NaN where it has not.
function dip(f, grid, values, k) {
  const up = values[k + 1] < 0 ? -1 : 1, left = up*values[k - 1], middle = up*values[k], right = up*values[k + 1];
  if (!(middle >= 0 && middle < left && middle <= right && middle <= left + right - 2*middle)) return NaN;
  let a = grid[k - 1], b = grid[k + 1];
  for (let j = 0; j < CUTS; j++) {
    const inner = GOLDEN*(b - a);
    if (up*f(b - inner) < up*f(a + inner)) b = a + inner; else a = b - inner;
  }
  return up*f((a + b)/2) < -TOUCHES*Math.max(left, right) ? (a + b)/2 : NaN;
}

// All equilibria in ascending order of the potential: {x, eigenvalues, stable, kind}.
export function equilibria(system, p, I, search) {
  if (system.steady === null) return null;
  const n = system.states.length, x = new Float64Array(n), out = new Float64Array(n);
  const f = (v) => atSteady(system, p, I, v, x, out);
  const grid = potentials(search), found = [], [low, high] = search;
  const underflow = (v, value) => value === 0 && (v < low || v > high);
  const values = grid.map((v) => { const value = f(v); return underflow(v, value) ? NaN : value; });
  const between = (a, b, above) => {
    const most = POLE*Math.max(Math.abs(f(a)), Math.abs(f(b)));
    for (let j = 0; j < 60; j++) {
      const middle = (a + b)/2;
      if ((f(middle) >= 0) === above) a = middle; else b = middle;
    }
    const left = Math.abs(f((a + b)/2));
    if (left <= most && x.every(isFinite)) found.push(described(system, p, I, Float64Array.from(x)));
  };
  for (let k = 0; k + 1 < grid.length; k++) {
    const above = values[k] >= 0;
    if (!isFinite(values[k]) || !isFinite(values[k + 1])) continue;
    if (above !== (values[k + 1] >= 0)) {
      between(grid[k], grid[k + 1], above);
      continue;
    }
    const v = k > 0 ? dip(f, grid, values, k) : NaN;
    if (isNaN(v)) continue;
    between(grid[k - 1], v, above);
    between(v, grid[k + 1], !above);
  }
  return found;
}

function described(system, p, I, x) {
  const values = eigenvalues(jacobian(system, p, I, x), x.length);
  const fastest = Math.max(...values.map(([re]) => re));
  return { x, eigenvalues: values, fastest, stable: fastest < 0, kind: kindOf(values) };
}

// Named by the fastest growing (or slowest decaying) direction; of two variables, as in textbooks.
export function kindOf(values) {
  const up = values.filter(([re]) => re > 0).length;
  const [, im] = values.reduce((a, b) => (b[0] > a[0] ? b : a));
  if (up === 0) return im !== 0 ? "stableFocus" : "stableNode";
  if (im !== 0) return "unstableFocus";
  return up === values.length ? "unstableNode" : "saddle";
}

export function jacobian(system, p, I, x) {
  const n = x.length, flat = new Float64Array(n*n), input = constant(I);
  if (system.jacobian !== null) {
    system.jacobian(0, x, p, true, 0, system.h, input, flat);
    return flat;
  }
  const up = new Float64Array(n), down = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const y = Float64Array.from(x), step = 1e-6*Math.max(Math.abs(x[j]), 1e-3);
    y[j] = x[j] + step;
    system.slopes(0, y, p, true, 0, system.h, input, up);
    y[j] = x[j] - step;
    system.slopes(0, y, p, true, 0, system.h, input, down);
    for (let i = 0; i < n; i++) flat[i*n + j] = (up[i] - down[i])/(2*step);
  }
  return flat;
}

// Where a cell rests without input: the lowest stable equilibrium below the threshold; else null.
export function rest(system, p, search) {
  if (system.steady === null || system.timed) return null;
  const calm = ({x, stable}) => stable && !(system.resets && system.fires !== null
    && system.fires(0, x, p, true, 0, system.h, constant(0)));
  const found = equilibria(system, p, 0, search).find(calm);
  return found ? found.x : null;
}

// The curve of equilibria over the input: for each potential the input that holds it there. Only
// where the membrane's slope is linear in the input and nothing else depends on it; else null.
export function branch(system, p, search, points = 400) {
  if (system.steady === null) return null;
  const n = system.states.length, x = new Float64Array(n), out = new Float64Array(n);
  const unit = system.input.scale, found = [];
  const grid = potentials(search), place = (k) => Math.round(k*(grid.length - 1)/(points - 1));
  for (let k = 0; k < points; k++) {
    const v = grid[place(k)];
    const none = atSteady(system, p, 0, v, x, out), other = Float64Array.from(x);
    const one = atSteady(system, p, unit, v, x, out) - none;
    const I = -none/one*unit;
    if (!isFinite(I) || !x.every(isFinite) || !other.every(isFinite)) continue;
    if (x.some((value, j) => value !== other[j])) return null;
    const left = atSteady(system, p, I, v, x, out), line = Math.abs(none) + Math.abs(one);
    if (Math.abs(left) > LINEAR*line + ROUNDING*none*none/Math.abs(one)) return null;
    const { stable } = described(system, p, I, Float64Array.from(x));
    found.push({ v, I, stable });
  }
  return found;
}

// The variables that stand still in a plane (v, w): all others, none, or those slower than w; the
// rest of them is at rest at v, as far as that is known. `state` is where "slower" is told.
export function heldInPlane(system, p, I, { w, others, state }) {
  const rest = system.states.map((_, k) => k).filter((k) => k !== system.membrane && k !== w);
  if (others === "held" || system.steady === null) return rest;
  if (others === "follow") return [];
  const n = system.states.length, flat = jacobian(system, p, I, state), rate = (k) => -flat[k*n + k];
  return rest.filter((k) => !(rate(k) > rate(w)));
}

export function slopesInPlane(system, p, I, { w, held, state }) {
  const n = system.states.length, v = system.membrane, input = constant(I);
  const x = Float64Array.from(state), out = new Float64Array(n);
  const follow = n > 2 && held.length < n - 2;
  return (a, b, result) => {
    if (follow) {
      system.steady(a, I, p, x);
      for (const k of held) x[k] = state[k];
    }
    x[v] = a;
    if (w !== null) x[w] = b;
    system.slopes(0, x, p, true, 0, system.h, input, out);
    result[0] = out[v];
    result[1] = w === null ? 0 : out[w];
  };
}

// Both nullclines as line segments [x1, y1, x2, y2, ...]: contours of zero on a grid.
export function nullclines(slopes, [left, right], [bottom, top], size) {
  const values = [new Float64Array(size*size), new Float64Array(size*size)], pair = [0, 0];
  const at = (low, high, k) => low + (high - low)*k/(size - 1);
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      slopes(at(left, right, i), at(bottom, top, j), pair);
      values[0][j*size + i] = pair[0];
      values[1][j*size + i] = pair[1];
    }
  }
  const x = (i) => at(left, right, i), y = (j) => at(bottom, top, j);
  return values.map((field) => contour(field, size, x, y));
}

function contour(f, size, x, y) {
  const lines = [];
  for (let j = 0; j + 1 < size; j++) {
    for (let i = 0; i + 1 < size; i++) {
      const a = f[j*size + i], b = f[j*size + i + 1];
      const d = f[(j + 1)*size + i], c = f[(j + 1)*size + i + 1];
      const ends = [];
      const cross = (u, w, x1, y1, x2, y2) => {
        if (isFinite(u) && isFinite(w) && (u >= 0) !== (w >= 0)) {
          const part = u/(u - w);
          ends.push(x1 + part*(x2 - x1), y1 + part*(y2 - y1));
        }
      };
      cross(a, b, x(i), y(j), x(i + 1), y(j));
      cross(b, c, x(i + 1), y(j), x(i + 1), y(j + 1));
      cross(c, d, x(i + 1), y(j + 1), x(i), y(j + 1));
      cross(d, a, x(i), y(j + 1), x(i), y(j));
      for (let k = 0; k + 3 < ends.length; k += 4) lines.push(ends.slice(k, k + 4));
    }
  }
  return lines.flat();
}
