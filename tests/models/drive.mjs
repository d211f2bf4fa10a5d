// Runs a printed module: slopes at given states, or a plain rk4 loop with spikes on the grid.
import { readFileSync } from "node:fs";

const [path, input] = process.argv.slice(2);
const cell = await import(path);
const task = JSON.parse(readFileSync(input, "utf8"));
const p = cell.values, n = cell.states.length;

function slopesAt(states) {
  const out = new Float64Array(n);
  return states.map((x) => { cell.slopes(0, Float64Array.from(x), p, out); return [...out]; });
}

function spikes(steps) {
  const h = cell.dt, x = cell.initial(p), y = new Float64Array(n), found = [];
  const k = [0, 1, 2, 3].map(() => new Float64Array(n));
  let last = -Infinity, free = true;
  for (let s = 0; s < steps; s++) {
    const t = s*h;
    if (cell.refractoriness === "time") {
      free = s - last >= Math.round(cell.refractory(t, x, p)/h);
    } else if (cell.refractoriness === "condition") {
      free = free || !cell.refractory(t, x, p);
    }
    cell.slopes(t, x, p, k[0], free, t, h);
    for (let stage = 1; stage < 4; stage++) {
      const part = stage === 3 ? h : h/2;
      for (let j = 0; j < n; j++) y[j] = x[j] + part*k[stage - 1][j];
      cell.slopes(t + part, y, p, k[stage], free, t, h);
    }
    for (let j = 0; j < n; j++) x[j] += h/6*(k[0][j] + 2*k[1][j] + 2*k[2][j] + k[3][j]);
    if (free && cell.gap(t + h, x, p) > 0) {
      found.push(s);
      last = s;
      free = cell.refractoriness === "";
      if (cell.reset) cell.reset(t + h, x, p);
    }
  }
  return found;
}

console.log(JSON.stringify(task.states ? slopesAt(task.states) : spikes(task.steps)));
