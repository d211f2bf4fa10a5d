// What the page shows, as one value; its checks; and its form in the page's address.
import { DATA } from "./data.js";
import { SYSTEMS } from "./generated.js";

export const METHODS = ["euler", "rk4", "half_steps"];
export const OTHERS = ["follow", "fast", "held"];  // what the variables do that a plane does not show
const MOST_STEPS = 400000;

export const cellOf = (S) => DATA.cells[S.cell];
export const systemOf = (S) => SYSTEMS[cellOf(S).system];

// --- fields: what a number may be -----------------------------------------------------------------

const span = ([low, high]) => Math.max(Math.abs(low), Math.abs(high)) || 1;

export function parameterField(S, k) {
  const parameter = systemOf(S).parameters[k], cell = cellOf(S);
  return { ...parameter, value: cell.values[k], source: cell.sources[k] };
}

export function blockField(S, kind, name) {
  const { unit } = systemOf(S).input, size = span(cellOf(S).range), T = S.duration;
  const time = { unit: "ms", low: 0, high: T, limit: "not negative", value: 0 };
  const level = { unit, low: -size, high: 1.5*size, limit: "", value: 0 };
  const middle = (cellOf(S).range[0] + cellOf(S).range[1])/2;
  const per = unit ? `${unit}/ms` : "1/ms";
  const fields = {
    amplitude: { ...level, value: kind === "noise" ? 0 : +middle.toPrecision(3) },
    start: level,
    mean: level,
    slope: { ...level, unit: per, low: -size/50, high: size/50, value: +(size/250).toPrecision(2) },
    onset: { ...time, value: kind === "step" || kind === "ramp" ? T/10 : 0 },
    offset: { ...time, value: T, limit: "above zero" },
    width: { ...time, high: 50, value: 5, limit: "above zero" },
    first: { ...time, value: T/10 },
    interval: { ...time, high: 200, value: 50, limit: "above zero" },
    count: { unit: "", low: 1, high: 20, value: 3, limit: "count", step: 1, most: 200 },
    frequency: { unit: "Hz", low: 1, high: 100, value: 20, limit: "above zero" },
    phase: { unit: "", low: 0, high: 6.283, value: 0, limit: "" },
    deviation: { ...level, low: 0, high: size/2, value: +(size/10).toPrecision(2),
      limit: "not negative" },
    correlation: { ...time, high: 50, value: 5 },
    seed: { unit: "", low: 1, high: 100, value: 1, limit: "count", step: 1, most: 1e9 },
  };
  if (fields[name]) return fields[name];
  return { ...level, low: 0, high: size/5, value: +(size/14).toPrecision(2) };  // a special's number
}

export function runField(S, name) {
  if (name === "duration") {
    return { unit: "ms", low: 50, high: 2000, value: 500, limit: "above zero", most: 20000 };
  }
  const own = cellOf(S).dt;
  return { unit: "ms", low: own/4, high: Math.max(own*20, 0.5), value: own, limit: "above zero",
    most: 10 };
}

export function startField(S, k) {
  const { unit, name } = systemOf(S).states[k], volts = unit === "mV";
  return { unit, name, low: volts ? -100 : unit ? -50 : -1, high: volts ? 20 : unit ? 50 : 1,
    limit: "" };
}

// What is wrong with a number in a field: [key of the text, what it names], or null.
export function fault(value, field) {
  if (typeof value !== "number" || !isFinite(value)) return ["bad.finite"];
  if (Math.abs(value) > 1e9) return ["bad.large"];
  if (field.limit === "above zero" && !(value > 0)) return ["bad.positive"];
  if (field.limit === "not negative" && value < 0) return ["bad.negative"];
  if (field.limit === "count" && !(Number.isInteger(value) && value >= 1)) return ["bad.count"];
  if (field.limit === "integer" && !Number.isInteger(value)) return ["bad.integer"];
  if (field.limit === "boolean" && value !== 0 && value !== 1) return ["bad.boolean"];
  if (field.most !== undefined && value > field.most) return ["bad.most", field.most];
  return null;
}

// What is wrong with several numbers together, by the place that must change; or null.
export function conflict(S) {
  if (S.dt > S.duration) return ["dt", "bad.step"];
  if (S.duration/S.dt > MOST_STEPS) return ["dt", "bad.steps", MOST_STEPS];
  for (const [j, block] of S.blocks.entries()) {
    if (block.offset !== undefined && block.offset <= block.onset) {
      return [`b${j}.offset`, "bad.offset"];
    }
    if (block.kind === "pulses" && block.count > 1 && block.interval < block.width - 1e-9) {
      return [`b${j}.interval`, "bad.interval"];
    }
    if (block.kind === "sine" && block.frequency*S.dt*4 > 1000) {
      return [`b${j}.frequency`, "bad.frequency"];
    }
  }
  return null;
}

// --- the state ------------------------------------------------------------------------------------

export const blockNames = (kind) => DATA.kinds[kind] ?? [DATA.specials[kind].name];

export function newBlock(S, kind) {
  const names = blockNames(kind);
  return { kind, ...Object.fromEntries(names.map((n) => [n, blockField(S, kind, n).value])) };
}

// Whether the page can find where a cell rests: all else must follow from the membrane.
export const knowsRest = (S) => systemOf(S).steady !== null && !systemOf(S).timed;

export function defaults(cell = DATA.first) {
  const start = knowsRest({ cell }) ? "rest" : "initial";
  const S = { cell, values: {}, start, first: {}, blocks: [], duration: 500,
    method: DATA.cells[cell].method, dt: DATA.cells[cell].dt, located: true, plane: "",
    others: "follow", pin: null, chaos: false, view: null, cursor: 0.6, preset: "" };
  S.blocks = [newBlock(S, "step")];
  return S;
}

// A complete block of what is given; the rest has its usual value.
export function completed(S, given) {
  const block = newBlock(S, given.kind);
  for (const name of blockNames(given.kind)) {
    if (given[name] !== undefined) block[name] = given[name];
    else if (name === "onset") block[name] = 0;
  }
  return block;
}

export function ofPreset(preset) {
  const S = defaults(preset.cell);
  S.values = { ...preset.values };
  S.start = preset.start;
  S.first = { ...preset.first };
  S.duration = preset.duration;
  S.blocks = preset.blocks.map((block) => completed(S, block));
  S.preset = preset.key;
  if (preset.plane) S.plane = preset.plane;
  if (preset.chaos) S.chaos = true;
  if (preset.pin) S.pin = { cell: preset.cell, values: preset.pin.values, start: "rest", first: {} };
  return S;
}

// Another cell under the same protocol; amplitudes keep their part of the cell's range.
export function withCell(S, cell) {
  const next = { ...defaults(cell), duration: S.duration, pin: S.pin, chaos: S.chaos };
  const same = systemOf(S).input.unit === SYSTEMS[DATA.cells[cell].system].input.unit;
  const close = same && span(cellOf(S).range) === span(DATA.cells[cell].range);
  const plain = S.blocks.every(({kind}) => DATA.kinds[kind]);
  if (close && plain) next.blocks = S.blocks.map((block) => ({ ...block }));
  else next.blocks = [newBlock(next, "step")];
  return next;
}

export const valueOf = (S, k) => {
  const { name } = systemOf(S).parameters[k];
  return S.values[name] ?? cellOf(S).values[k];
};

export const parametersSI = (S) =>
  Float64Array.from(systemOf(S).parameters, ({scale}, k) => valueOf(S, k)*scale);

export function firstSI(S) {
  return systemOf(S).states.map(({name, scale}, k) =>
    S.first[name] === undefined ? cellOf(S).first[k] : S.first[name]*scale);
}

// The state at time 0 when the cell starts at its initial values. A value that is an expression
// follows from the others of the model, as `start={...}` in Python has it.
export function initialSI(S) {
  const system = systemOf(S), x = system.initial(parametersSI(S), cellOf(S).first);
  system.states.forEach(({name, scale}, k) => {
    if (S.first[name] !== undefined) x[k] = S.first[name]*scale;
  });
  return x;
}

const SI = { amplitude: 1, start: 1, mean: 1, deviation: 1, slope: 1e3, onset: 1e-3, offset: 1e-3,
  width: 1e-3, first: 1e-3, interval: 1e-3, correlation: 1e-3 };
const INPUTS = new Set(["amplitude", "start", "mean", "deviation", "slope"]);

export function blocksSI(S) {
  const { scale } = systemOf(S).input;
  return S.blocks.map((block) => ({ kind: block.kind, q: blockNames(block.kind).map((name) => {
    const special = DATA.specials[block.kind] !== undefined;
    const factor = special || INPUTS.has(name) ? scale*(SI[name] ?? 1) : SI[name] ?? 1;
    return block[name]*factor;
  }) }));
}

// --- in the address ---------------------------------------------------------------------------------

export function toAddress(S) {
  const out = new URLSearchParams(), base = defaults(S.cell);
  out.set("cell", S.cell);
  for (const [name, value] of Object.entries(S.values)) out.set(`p.${name}`, value);
  if (S.start !== base.start) out.set("start", S.start);
  for (const [name, value] of Object.entries(S.first)) out.set(`x.${name}`, value);
  for (const block of S.blocks) {
    out.append("in", [block.kind, ...blockNames(block.kind).map((n) => block[n])].join("~"));
  }
  if (!S.blocks.length) out.append("in", "");
  for (const name of ["duration", "method", "dt", "plane", "others"]) {
    if (S[name] !== base[name]) out.set(name, S[name]);
  }
  if (!S.located) out.set("spikes", "grid");
  if (S.chaos) out.set("chaos", 1);
  if (S.view) out.set("view", S.view.map((t) => +t.toPrecision(8)).join("~"));
  if (S.cursor !== base.cursor) out.set("at", +S.cursor.toPrecision(6));
  if (S.preset) out.set("preset", S.preset);
  if (S.pin) {
    const changes = Object.entries(S.pin.values).map(([n, value]) => `${n}:${value}`);
    out.set("pin", [S.pin.cell, S.pin.start, ...changes].join("~"));
  }
  return out.toString().replaceAll("%7E", "~").replaceAll("%3A", ":");
}

const own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);

class Damaged extends Error {}

function must(condition) {
  if (!condition) throw new Damaged();
}

function number(text, field) {
  must(text !== "" && text.length < 40);
  const value = Number(text);
  must(fault(value, field) === null);
  return value;
}

function parameterNamed(S, name, text) {
  const k = systemOf(S).parameters.findIndex((p) => p.name === name);
  must(k >= 0);
  return number(text, parameterField(S, k));
}

// The state that an address describes; null for an empty one. Throws for a damaged one.
export function fromAddress(text) {
  if (!text) return null;
  const given = new URLSearchParams(text), cell = given.get("cell");
  must(cell !== null && own(DATA.cells, cell));
  const S = defaults(cell);
  if (given.has("duration")) S.duration = number(given.get("duration"), runField(S, "duration"));
  S.blocks = [];
  for (const [key, value] of given) {
    if (key.startsWith("p.")) S.values[key.slice(2)] = parameterNamed(S, key.slice(2), value);
    else if (key.startsWith("x.")) readStart(S, key.slice(2), value);
    else if (key === "in") readBlock(S, value);
    else readChoice(S, key, value);
  }
  must(conflict(S) === null);
  return S;
}

function readStart(S, name, value) {
  const k = systemOf(S).states.findIndex((x) => x.name === name);
  must(k >= 0);
  S.first[name] = number(value, startField(S, k));
}

function readBlock(S, value) {
  if (value === "") return;
  const [kind, ...numbers] = value.split("~");
  must((own(DATA.kinds, kind) || own(DATA.specials, kind)) && S.blocks.length < 20);
  const names = blockNames(kind);
  must(numbers.length === names.length);
  S.blocks.push({ kind, ...Object.fromEntries(names.map((name, k) =>
    [name, number(numbers[k], blockField(S, kind, name))])) });
}

function readChoice(S, key, value) {
  const states = systemOf(S).states.map((x) => x.name);
  if (key === "cell" || key === "duration") return;
  if (key === "dt") S.dt = number(value, runField(S, "dt"));
  else if (key === "start") S.start = startNamed(S, value);
  else if (key === "method") { must(own(systemOf(S).steps, value)); S.method = value; }
  else if (key === "spikes") { must(value === "grid"); S.located = false; }
  else if (key === "plane") { must(states.includes(value)); S.plane = value; }
  else if (key === "others") { must(OTHERS.includes(value)); S.others = value; }
  else if (key === "chaos") { must(value === "1"); S.chaos = true; }
  else if (key === "at") { S.cursor = number(value, {limit: "not negative", most: 1}); }
  else if (key === "view") readView(S, value);
  else if (key === "pin") readPin(S, value);
  else if (key === "preset") { must(DATA.presets.some((p) => p.key === value)); S.preset = value; }
  else must(false);
}

function startNamed(S, value) {
  must(value === "initial" || (value === "rest" && knowsRest(S)));
  return value;
}

function readView(S, value) {
  const view = value.split("~").map((t) => number(t, {limit: "not negative"}));
  must(view.length === 2 && view[0] < view[1] && view[1] <= S.duration*(1 + 1e-9));
  S.view = view;
}

function readPin(S, value) {
  const [cell, start, ...changes] = value.split("~");
  must(own(DATA.cells, cell));
  const pin = { cell, start: startNamed({ cell }, start), values: {}, first: {} };
  for (const change of changes) {
    const [name, text = ""] = change.split(":");
    pin.values[name] = parameterNamed({ ...defaults(cell) }, name, text);
  }
  S.pin = pin;
}
