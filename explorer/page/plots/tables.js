// The tables behind the plots: what each shows, as {head, rows}.
import { namedOf } from "../compute.js";
import { systemOf } from "../state.js";
import { say } from "../words.js";

export function tracesTable(S, R, whole) {
  const { states, input, named } = R.system, { found } = R, dt = found.dt;
  const currents = named.map((x, k) => ({ ...x, k })).filter((x) => x.current);
  const values = currents.length ? namedOf(R, 1) : [];
  const [from, to] = S.view ?? [0, S.duration], h = dt*1000, out = [];
  const first = Math.max(0, Math.ceil(from/h - 1e-9));
  const last = Math.min(found.samples - 1, Math.floor(to/h + 1e-9));
  const every = whole ? 1 : Math.max(1, Math.ceil((last - first)/200));
  for (let s = first; s <= last; s += every) {
    out.push([+(s*h).toPrecision(12), ...states.map((x, k) => found.traces[k][s]/x.scale),
      ...currents.map(({scale, k}) => values[k][s]/scale), R.input(s*dt, s*dt, dt)/input.scale]);
  }
  return { head: ["t_ms", ...[...states, ...currents, input].map(column)], rows: out };
}

const column = ({name, unit}) => (unit ? `${name}_${unit.replaceAll("**", "").replaceAll("/", "_per_")
  .replaceAll("*", "_")}` : name);

export function equilibriaTable(R, plane) {
  const { states } = R.system;
  const head = [...states.map(column), "kind", "eigenvalue_per_ms"];
  return { head, rows: (plane?.points ?? []).map(({x, kind, fastest}) =>
    [...states.map(({scale}, k) => x[k]/scale), say(`point.${kind}`), fastest/1000]) };
}

export function curveTable(S, curve) {
  const { input } = systemOf(S);
  return { head: [column(input), "rate_Hz", "resolved"],
    rows: (curve?.points ?? []).map(({I, rate, resolved}) =>
      [I/input.scale, rate ?? say("curve.fast"), String(resolved)]) };
}

export function diagramTable(S, curve) {
  const { input, states, membrane } = systemOf(S), v = states[membrane];
  return { head: [column(input), column(v), "stable"], rows: (curve?.branch ?? []).map(({I, v: x, stable}) =>
    [I/input.scale, x/v.scale, String(stable)]) };
}

export function chaosTable(chaos, whole) {
  const values = chaos?.curves[0].values ?? [], dt = (chaos?.curves[0].dt ?? 0)*1000;
  const every = whole ? 1 : Math.max(1, Math.ceil(values.length/200)), out = [];
  for (let s = 0; s < values.length; s += every) out.push([+(s*dt).toPrecision(12), values[s]]);
  return { head: ["t_ms", "log10_distance"], rows: out };
}
