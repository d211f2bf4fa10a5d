// What each plot shows, as pure drawing: (pen, width, height, style, what there is) -> axes.
import { Axes, CYCLE } from "./draw.js";
import { diagramOf, inputAt, sampleAt } from "../compute.js";
import { systemOf } from "../state.js";
import { namePlain, say, unitShown, withUnit } from "../words.js";

const LEFT = 58, RIGHT = 14, BOTTOM = 42, TOP = 24, GAP = 34;
const NAMED_COLOURS = { I_Na: "b", I_K: "a", I_A: "c", I_L: "grey", m: "b", h: "c", n: "a",
  a: "d", b: "e", u: "c" };

export const coloursOf = (names, style) => {
  const used = new Set(), found = [];
  for (const name of names) {
    let key = NAMED_COLOURS[name];
    if (!key || used.has(key)) key = CYCLE.find((c) => !used.has(c)) ?? "grey";
    used.add(key);
    found.push(style[key]);
  }
  return found;
};

// --- traces ---------------------------------------------------------------------------------------

// The rows of the trace plot: membrane, other variables by unit, ionic currents, input.
export function traceRows(R) {
  const { states, membrane, named, input } = R.system, { found } = R;
  const whole = (k) => ({ name: states[k].name, values: found.traces[k], dx: found.dt*1000,
    factor: 1/states[k].scale, unit: states[k].unit, to: found.samples });
  const rows = [{ unit: states[membrane].unit, series: [whole(membrane)], weight: 3 }];
  const byUnit = new Map();
  states.forEach(({unit}, k) => {
    if (k !== membrane) byUnit.set(unit, [...(byUnit.get(unit) ?? []), whole(k)]);
  });
  for (const [unit, series] of byUnit) rows.push({ unit, series, weight: 1.5 });
  const dx = found.dt*1000*R.every;
  const currents = named.map((x, k) => ({ ...x, k })).filter((x) => x.current);
  if (currents.length) {
    rows.push({ unit: currents[0].unit, weight: 1.5, series: currents.map(({name, scale, unit, k}) =>
      ({ name, values: R.named[k], dx, factor: 1/scale, unit, to: R.named[k].length })) });
  }
  rows.push({ unit: input.unit, weight: 1, series: [inputSeries(R, input)] });
  return rows;
}

function inputSeries(R, { name, unit, scale }) {
  const { dt, samples } = R.found, every = Math.max(1, Math.floor(samples/8000));
  const count = Math.max(1, Math.floor((samples - 2)/every) + 1), values = new Float64Array(count);
  for (let k = 0; k < count; k++) values[k] = R.input(k*every*dt, k*every*dt, dt);
  return { name, values, dx: dt*1000*every, factor: 1/scale, unit, to: count };
}

const limitsOf = (series) => {
  let low = Infinity, high = -Infinity;
  for (const { values, factor, to } of series) {
    for (let k = 0; k < to; k++) {
      const x = values[k];
      if (x - x !== 0) continue;
      if (x*factor < low) low = x*factor;
      if (x*factor > high) high = x*factor;
    }
  }
  if (!(high >= low)) return [-1, 1];
  if (high - low < 1e-9*Math.max(Math.abs(low), Math.abs(high), 1e-9)) {
    const room = Math.abs(high)*0.1 || 1;
    return [low - room, high + room];
  }
  const room = 0.06*(high - low);
  return [low - room, high + room];
};

export function drawTraces(pen, width, height, style, { S, R, pinned, rows, limits, quick }) {
  const [from, to] = S.view ?? [0, S.duration];
  const total = rows.reduce((sum, row) => sum + row.weight, 0);
  const room = height - TOP - BOTTOM - GAP*(rows.length - 1), boxes = [];
  let top = TOP;
  rows.forEach((row, k) => {
    const box = { left: LEFT, top, width: width - LEFT - RIGHT, height: room*row.weight/total };
    const own = limitsOf(row.series), other = k === 0 && pinned ? limitsOf(pinned.rows[0].series) : own;
    const both = [Math.min(own[0], other[0]), Math.max(own[1], other[1])];
    const ylim = limits?.[k] ? [Math.min(limits[k][0], both[0]), Math.max(limits[k][1], both[1])] : both;
    const axes = new Axes(pen, box, [from, to], ylim, style);
    const last = k === rows.length - 1, names = row.series.map((s) => s.name);
    const label = row.series.length === 1 ? withUnit(namePlain(names[0]), row.unit)
      : row.unit ? unitShown(row.unit) : say("plot.gates");
    axes.frame({ label, below: last, xlabel: last ? say("axis.time") : "" });
    const colours = k === 0 ? [style.a] : last ? [style.grey] : coloursOf(names, style);
    axes.clipped(() => {
      if (k === 0 && pinned) {
        const { values, dx, factor, to: end } = pinned.rows[0].series[0];
        if (quick) axes.bars(values, dx, factor, style.d, end);
        else axes.trace(values, 0, dx, factor, style.d, { to: end, width: 1.2 });
      }
      row.series.forEach(({ values, dx, factor, to: end }, j) => (quick
        ? axes.bars(values, dx, factor, colours[j], end)
        : axes.trace(values, 0, dx, factor, colours[j], { to: end, width: 1.4 })));
    });
    if (k === 0) spikeMarks(axes, R, style);
    if (row.series.length > 1) {
      axes.legend(names.map((name, j) => [namePlain(name), colours[j]]));
    } else if (k === 0 && pinned) {
      axes.legend([[say("pin.this"), style.a], [say("pin.kept"), style.d]]);
    }
    axes.vertical(sampleAt(S, R)*R.found.dt*1000, style.soft, [3, 3]);
    boxes.push(axes);
    top += box.height + GAP;
  });
  if (R.found.diverged !== null) boxes[0].vertical(R.found.diverged*1000, style.b);
  return boxes;
}

function spikeMarks(axes, R, style) {
  const { pen } = axes, [low, high] = axes.xlim;
  pen.strokeStyle = style.b;
  pen.lineWidth = 1.3;
  pen.beginPath();
  for (const t of R.found.spikes) {
    const ms = t*1000;
    if (ms >= low && ms <= high) axes.path(axes.x(ms), axes.top - 5, axes.x(ms), axes.top);
  }
  pen.stroke();
}

// --- phase plane -------------------------------------------------------------------------------------

const padded = ([low, high], part) => {
  const room = part*(high - low) || 1;
  return [low - room, high + room];
};

export function planeLimits(S, R, w) {
  const trace = (k) => limitsOf([{ values: R.found.traces[k], factor: 1, to: R.found.samples }]);
  const x = padded(trace(R.system.membrane), 0.08);
  return { x, y: w === null ? [0, 1] : padded(trace(w), 0.12) };
}

export function drawPlane(pen, width, height, style, { S, R, plane, limits, rough }) {
  const { states, membrane } = R.system, v = states[membrane], w = plane.w === null ? null : states[plane.w];
  if (w === null) return drawLine(pen, width, height, style, { S, R, plane, limits });
  const box = { left: LEFT, top: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const xlim = limits.x.map((x) => x/v.scale), ylim = limits.y.map((y) => y/w.scale);
  const axes = new Axes(pen, box, xlim, ylim, style);
  axes.frame({ label: withUnit(namePlain(w.name), w.unit), xlabel: withUnit(namePlain(v.name), v.unit),
    every: 34 });
  axes.clipped(() => {
    [style.b, style.c].forEach((colour, k) => segments(axes, plane.lines[k], v.scale, w.scale, colour));
    trajectory(axes, S, R, membrane, plane.w, v.scale, w.scale, style);
    for (const { x, stable, kind } of rough ? [] : plane.points ?? []) {
      axes.mark(x[membrane]/v.scale, x[plane.w]/w.scale, { radius: 5, width: 2, stroke: style.ink,
        fill: stable ? style.ink : kind === "saddle" ? style.line : style.paper });
    }
    const s = sampleAt(S, R);
    axes.mark(R.found.traces[membrane][s]/v.scale, R.found.traces[plane.w][s]/w.scale,
      { radius: 5, fill: style.a, stroke: style.paper });
  });
  axes.legend([[`d${namePlain(v.name)}/dt = 0`, style.b], [`d${namePlain(w.name)}/dt = 0`, style.c]]);
  return [axes];
}

function segments(axes, flat, sx, sy, colour) {
  const { pen } = axes;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.8;
  pen.beginPath();
  for (let k = 0; k < flat.length; k += 4) {
    pen.moveTo(axes.x(flat[k]/sx), axes.y(flat[k + 1]/sy));
    pen.lineTo(axes.x(flat[k + 2]/sx), axes.y(flat[k + 3]/sy));
  }
  pen.stroke();
}

function trajectory(axes, S, R, v, w, sv, sw, style) {
  const { pen, left, top, width, height } = axes, { traces, samples, dt } = R.found;
  const [from, to] = S.view ?? [0, S.duration], columns = Math.ceil(width) + 1, rows = Math.ceil(height) + 1;
  const first = Math.max(0, Math.floor(from/1000/dt)), last = Math.min(samples, Math.ceil(to/1000/dt) + 1);
  const jumps = new Uint8Array(last + 1), spikes = R.system.resets ? R.found.spikes : [];
  for (const t of spikes) jumps[Math.floor(t/dt + 1e-9) + 1] = 1;
  const x0 = axes.x(0), y0 = axes.y(0), ax = (axes.x(1) - x0)/sv, ay = (axes.y(1) - y0)/sw;
  const through = (move) => {
    pen.beginPath();
    const seen = new Uint8Array(columns*rows);  // a cell that fires on passes the same pixels again and again
    let px = NaN, py = NaN, known = false, lifted = false;
    for (let s = first; s < last; s++) {
      const x = x0 + ax*traces[v][s], y = y0 + ay*traces[w][s];
      const far = Math.abs(x - px) + Math.abs(y - py), jump = jumps[s] === 1, plain = !jump && !jumps[s + 1];
      if (far < 0.7 && plain) continue;
      const column = Math.round(x - left), row = Math.round(y - top), again = known;
      const inside = column >= 0 && column < columns && row >= 0 && row < rows;
      known = inside && seen[row*columns + column] === 1;
      if (inside) seen[row*columns + column] = 1;
      if (far < 3 && plain && again && known) {
        lifted = true;
      } else {
        if (lifted) pen.moveTo(px, py);
        lifted = false;
        if (move(s === first, jump)) pen.moveTo(x, y); else pen.lineTo(x, y);
      }
      px = x;
      py = y;
    }
    pen.stroke();
  };
  pen.strokeStyle = style.a;
  pen.lineWidth = 1.2;
  through((start, jump) => start || jump);
  if (!spikes.length) return;
  pen.lineWidth = 0.8;
  pen.setLineDash([2, 3]);
  through((start, jump) => start || !jump);
  pen.setLineDash([]);
}

// Of a cell with one variable: its slope over itself.
function drawLine(pen, width, height, style, { S, R, plane, limits }) {
  const v = R.system.states[0], count = 240, pair = [0, 0], points = [];
  const box = { left: LEFT, top: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const per = 1e-3/v.scale, xlim = limits.x.map((x) => x/v.scale);
  for (let k = 0; k <= count; k++) {
    const x = limits.x[0] + (limits.x[1] - limits.x[0])*k/count;
    plane.slopes(x, 0, pair);
    points.push([x/v.scale, pair[0]*per]);
  }
  const ys = points.map(([, y]) => y), ylim = padded([Math.min(0, ...ys), Math.max(0, ...ys)], 0.08);
  const axes = new Axes(pen, box, xlim, ylim, style), unit = v.unit ? `${v.unit}/ms` : "1/ms";
  axes.frame({ label: withUnit(`d${namePlain(v.name)}/dt`, unit), every: 34,
    xlabel: withUnit(namePlain(v.name), v.unit) });
  axes.clipped(() => {
    axes.line([[xlim[0], 0], [xlim[1], 0]], style.soft, { width: 1, dash: [4, 3] });
    axes.line(points, style.b);
    for (const { x, stable } of plane.points ?? []) {
      axes.mark(x[0]/v.scale, 0, { radius: 5, width: 2, stroke: style.ink,
        fill: stable ? style.ink : style.paper });
    }
    const x = R.found.traces[0][sampleAt(S, R)];
    plane.slopes(x, 0, pair);
    axes.mark(x/v.scale, pair[0]*per, { radius: 5, fill: style.a, stroke: style.paper });
  });
  return [axes];
}

// --- F-I curve and bifurcation diagram -----------------------------------------------------------------

export function drawCurve(pen, width, height, style, { S, R, curve, xlim }) {
  const { input } = systemOf(S);
  const points = (curve?.points ?? []).filter((x) => x.rate !== null), exact = curve?.exact ?? [];
  const most = Math.max(10, ...points.map((x) => x.rate), ...exact.map((x) => x.rate ?? 0));
  const box = { left: LEFT, top: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const axes = new Axes(pen, box, xlim, [0, 1.05*most], style);
  axes.frame({ label: say("axis.rate"), xlabel: withUnit(namePlain(input.name), input.unit), every: 34 });
  axes.clipped(() => {
    axes.vertical(inputAt(S, R)/input.scale, style.soft, [3, 3]);
    if (exact.length) axes.line(exact.map(({I, rate}) => [I/input.scale, rate ?? 0]), style.ink);
    else axes.line(points.map(({I, rate, resolved}) => (resolved ? [I/input.scale, rate] : null)), style.a);
    for (const { I, rate, resolved } of points) {
      axes.mark(I/input.scale, rate, { radius: 3, fill: resolved ? style.a : style.paper, stroke: style.a });
    }
  });
  const items = [[say("curve.simulated"), style.a]];
  if (exact.length) items.push([say("curve.exact"), style.ink]);
  axes.legend(items);
  return [axes];
}

export function drawDiagram(pen, width, height, style, { S, R, curve, xlim }) {
  const { input, states, membrane } = systemOf(S), v = states[membrane];
  const points = (curve?.points ?? []).filter((x) => x.rate > 0 && !x.diverged), branch = curve?.branch ?? [];
  const inside = branch.filter(({I}) => I/input.scale >= xlim[0] && I/input.scale <= xlim[1]);
  const orbits = diagramOf(S) ?? [];
  const seen = [...[...points.flatMap((x) => [x.low, x.high]), ...inside.map((x) => x.v)].map((x) => x/v.scale),
    ...orbits.flatMap((x) => x.v)];
  const ylim = seen.length ? padded([Math.min(...seen), Math.max(...seen)], 0.06) : [-80, 40];
  const box = { left: LEFT, top: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const axes = new Axes(pen, box, xlim, ylim, style);
  axes.frame({ label: withUnit(namePlain(v.name), v.unit), xlabel: withUnit(namePlain(input.name), input.unit),
    every: 34 });
  axes.clipped(() => {
    axes.vertical(inputAt(S, R)/input.scale, style.soft, [3, 3]);
    // A browser draws no dashes on a line that goes on far outside.
    const there = new Set(inside), near = branch.map((x, k) => [branch[k - 1], x, branch[k + 1]].some((y) => there.has(y)));
    for (const stable of [true, false]) {
      const line = branch.map((x, k) => (near[k] && x.stable === stable ? [x.I/input.scale, x.v/v.scale] : null));
      axes.line(line, style.ink, stable ? { width: 2.2 } : { width: 1.4, dash: [4, 3] });
    }
    for (const part of orbits) {
      for (const stable of [true, false]) {
        axes.line(part.I.map((I, k) => (!!part.stable[k] === stable ? [I, part.v[k]] : null)), style.c,
          stable ? { width: 2.2 } : { width: 1.4, dash: [4, 3] });
      }
    }
    for (const { I, low, high } of points) {
      axes.mark(I/input.scale, low/v.scale, { radius: 2.4, fill: style.a });
      axes.mark(I/input.scale, high/v.scale, { radius: 2.4, fill: style.a });
    }
  });
  axes.legend([[say("diagram.stable"), style.ink], [say("diagram.unstable"), style.ink, [4, 3]],
    ...(orbits.length ? [[say("diagram.cycles"), style.c]] : []), [say("diagram.firing"), style.a]]);
  return [axes];
}

// --- two nearly equal starts ------------------------------------------------------------------------------


export function drawChaos(pen, width, height, style, { S, chaos }) {
  const box = { left: LEFT, top: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const axes = new Axes(pen, box, S.view ?? [0, S.duration], [-17, 0.5], style);
  axes.frame({ label: say("axis.distance"), xlabel: say("axis.time"), logarithmic: true, every: 30 });
  const lines = [style.a, style.d], dashes = [[], [5, 3]];
  axes.clipped(() => chaos?.curves.forEach(({ values, dt }, k) =>
    axes.trace(values, 0, dt*1000, 1, lines[k], { dash: dashes[k], width: 1.2 })));
  axes.legend([[`dt = ${S.dt} ms`, lines[0]], [`dt/2`, lines[1], dashes[1]]]);
  return [axes];
}
