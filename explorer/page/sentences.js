// What the page says of a run in words: its plane, its equilibria, its chaos, the values at the cursor.
import { inputAt, sampleAt } from "./compute.js";
import { namePlain, say, shown, unitShown } from "./words.js";

const withValue = (name, value, { unit, scale }, digits = 4) =>
  `${namePlain(name)} = ${shown(value/scale, digits)} ${unitShown(unit)}`.trim();

// What is made of the variables that the plane does not show.
export function reductionText(R, { w, held, state }) {
  const { states, membrane } = R.system;
  const rest = states.map((_, k) => k).filter((k) => k !== membrane && k !== w);
  if (w === null || !rest.length) return "";
  const names = rest.filter((k) => !held.includes(k)).map((k) => namePlain(states[k].name));
  const values = held.map((k) => withValue(states[k].name, state[k], states[k], 3));
  return [names.length ? say("plane.follow", { name: namePlain(states[membrane].name), list: names.join(", ") }) : "",
    values.length ? say("plane.held", { list: values.join(", ") }) : ""].filter(Boolean).join(" ");
}

export function pointsText(S, R, { points }) {
  const { states, membrane, input } = R.system, { name } = states[membrane];
  if (points === null) return say("points.unknown");
  if (!points.length) return say("points.none");
  const list = points.map(({x, kind}) =>
    `${say(`point.${kind}`)} ${withValue(name, x[membrane], states[membrane])}`);
  const I = `${shown(inputAt(S, R)/input.scale, 4)} ${unitShown(input.unit)}`.trim();
  return say("points.some", { I, list: list.join(", ") });
}

export function chaosText(S, { curves, verdict }) {
  const [whole, half] = curves;
  return say(verdict, { whole: shown(whole.apart, 4), half: shown(half.apart, 4), dt: S.dt });
}

export function cursorText(S, R) {
  const s = sampleAt(S, R), { states, input } = R.system, t = s*R.found.dt;
  const parts = states.map((state, k) => withValue(state.name, R.found.traces[k][s], state));
  parts.push(withValue(input.name, R.input(t, t, R.found.dt), input));
  return `t = ${shown(t*1000, 6)} ms: ${parts.join(", ")}`;
}

// What there is to be warned of.
export function warningText(R) {
  return [R.found.diverged !== null ? say("diverged", { t: shown(R.found.diverged*1000, 5) }) : "",
    R.restless ? say("restless") : ""].filter(Boolean).join(" ");
}
