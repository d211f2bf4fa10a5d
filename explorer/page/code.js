// From play to code: the lines of this toolkit that reproduce the screen.
import { DATA } from "./data.js";
import { cellOf, systemOf } from "./state.js";

// Units stand between marks, which tell them from other names, until all lines are written.
const MARKED = /\u0001(.*?)\u0001/g;
const marked = (unit) => `\u0001${unit}\u0001`;
const quantity = (value, unit) => (unit ? `${plain(value)}*${marked(bracketed(unit))}` : plain(value));
const bracketed = (unit) => (/^1\//.test(unit) || /^\(/.test(unit) ? `(${unit})` : unit);
const unitOf = ({ unit, code }) => code ?? unit;
const plain = (value) => String(value);

function changed(S, values) {
  const system = systemOf(S);
  const parts = Object.entries(values).map(([name, value]) => {
    const parameter = system.parameters.find((p) => p.name === name);
    return `${name}=${quantity(value, unitOf(parameter))}`;
  });
  return parts.length ? `.with_(${parts.join(", ")})` : "";
}

function block(S, b) {
  const unit = unitOf(systemOf(S).input), T = S.duration;
  const I = (value) => quantity(value, unit), ms = (value) => quantity(value, "ms");
  const slope = unit ? `${unit}/ms` : "1/ms";
  const times = (names) => names.filter((n) => (n === "onset" ? b.onset > 0 : b[n] < T))
    .map((n) => `, ${n}=${ms(b[n])}`).join("");
  switch (b.kind) {
    case "constant": return [`Constant(${I(b.amplitude)})`, "Constant"];
    case "step": return [`Step(${I(b.amplitude)}${times(["onset", "offset"])})`, "Step"];
    case "ramp": {
      const start = b.start ? `, start=${I(b.start)}` : "";
      const text = `Ramp(${quantity(b.slope, slope)}${times(["onset", "offset"])}${start})`;
      return [text, "Ramp"];
    }
    case "pulses": {
      const list = Array.from({length: b.count}, (_, k) => +(b.first + k*b.interval).toPrecision(12));
      return [`Pulses(${I(b.amplitude)}, times=[${list.join(", ")}]*${marked("ms")}, width=${ms(b.width)})`, "Pulses"];
    }
    case "sine": {
      const phase = b.phase ? `, phase=${plain(b.phase)}` : "";
      const mean = b.mean ? `, mean=${I(b.mean)}` : "";
      const text = `Sine(${I(b.amplitude)}, ${quantity(b.frequency, "Hz")}${phase}${mean}`
        + `${times(["onset", "offset"])})`;
      return [text, "Sine"];
    }
    case "noise": {
      const text = `frozen_noise(${I(b.deviation)}, ${ms(b.correlation)}, ${ms(T)}, seed=${b.seed})`;
      return [text, "frozen_noise"];
    }
  }
  const { name, expression } = DATA.specials[b.kind];
  return [`Expression("${expression}",\n    {"${name}": ${I(b[name])}})`, "Expression"];
}

// The kept neuron, under the same stimulus.
function second(S) {
  const own = { ...S, ...S.pin, located: S.located }, cell = DATA.cells[S.pin.cell];
  if (systemOf(own).input.unit !== systemOf(S).input.unit) return [];
  const [start] = startOptions(own), options = [start, ...numericsOptions(own)].filter(Boolean);
  return [`kept = ${cell.python}${changed(own, S.pin.values)}`,
    `beside = response(${["kept", "stimulus", quantity(S.duration, "ms"), ...options].join(", ")})`];
}

// The text of a program.
export function pythonOf(S) {
  const cell = cellOf(S), own = !cell.python.startsWith("find_model(");
  const blocks = S.blocks.map((b) => block(S, b));
  const stimulus = blocks.map(([text]) => text).join("\n    + ")
    || `Constant(${quantity(0, unitOf(systemOf(S).input))})`;
  const names = new Set(blocks.map(([, name]) => name).filter((n) => n !== "frozen_noise"));
  if (!blocks.length) names.add("Constant");
  names.add("response");
  if (!own) names.add("find_model");
  const half = S.method === "half_steps";
  if (half) names.delete("response");
  const body = [
    `cell = ${cell.python}${changed(S, S.values)}${own ? "  # your own model" : ""}`,
    blocks.length > 1 ? `stimulus = (${stimulus})` : `stimulus = ${stimulus}`,
    ...(half ? halfSteps(S) : running(S)),
    ...(S.pin && !half ? second(S) : []),
  ].join("\n");
  const units = [...body.matchAll(MARKED)].flatMap(([, unit]) => unit.match(/[A-Za-z]+/g) ?? []);
  const more = half ? ["Network", "NeuronGroup", "SpikeMonitor", "StateMonitor"] : [];
  const lines = [`from brian2 import ${[...more, ...[...new Set(units)].sort()].join(", ")}`,
    `from excitable import ${[...names].sort(byName).join(", ")}`];
  if (body.includes("frozen_noise(")) lines.push("from excitable.explorer import frozen_noise");
  if (half) lines.push("from excitable.simulation.methods.half_steps import half_steps");
  if (body.includes("rest(cell")) lines.splice(2, 0, "from excitable.dynamics import rest");
  return `${lines.join("\n")}\n\n${body.replace(MARKED, "$1")}\n`;
}

const byName = (a, b) => (a < b ? -1 : 1);

function running(S) {
  const system = systemOf(S);
  const record = [...system.states.map((x) => x.name),
    ...system.named.filter((x) => x.current).map((x) => x.name), system.input.name];
  const options = [`record=(${record.map((n) => `"${n}"`).join(", ")})`,
    ...startOptions(S), ...numericsOptions(S)];
  return [`out = response(cell, stimulus, ${quantity(S.duration, "ms")},\n    ${options.join(",\n    ")})`,
    "out.traces  # every variable over time", 'out.spikes["t_ms"]'];
}

function startOptions(S) {
  if (S.start !== "initial") return [];
  const { states } = systemOf(S), given = Object.entries(S.first).map(([name, value]) =>
    `"${name}": ${quantity(value, unitOf(states.find((x) => x.name === name)))}`);
  return [given.length ? `start={${given.join(", ")}}` : 'start="initial"'];
}

function numericsOptions(S) {
  const cell = cellOf(S), options = [];
  if (S.method !== cell.method) options.push(`method="${S.method}"`);
  if (S.dt !== cell.dt) options.push(`dt=${quantity(S.dt, "ms")}`);
  if (!S.located || systemOf(S).locate === null) options.push('spikes="grid"');
  return options;
}

// The half steps of the published program, which are no method of the protocols.
function halfSteps(S) {
  const system = systemOf(S), { name } = system.input;
  return [
    `kwargs = cell.brian_kwargs(${name}=stimulus, dt=${quantity(S.dt, "ms")})`,
    'kwargs["method"] = lambda *_, **__: half_steps(cell.system)',
    "cells = NeuronGroup(1, **kwargs)",
    "cell.initialise(cells)",
    ...(S.start === "rest" ? [
      "state = rest(cell, {}, 1)", "cells.set_states(state, units=False)"] : []),
    ...Object.entries(S.start === "initial" ? S.first : {}).map(([n, value]) =>
      `cells.${n} = ${quantity(value, unitOf(system.states.find((x) => x.name === n)))}`),
    `traces = StateMonitor(cells, (${system.states.map((x) => `"${x.name}"`).join(", ")}, "${name}"), 0)`,
    "spikes = SpikeMonitor(cells)",
    `Network(cells, traces, spikes).run(${quantity(S.duration, "ms")})`,
  ];
}

