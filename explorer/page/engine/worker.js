// What a worker does: F-I curves that refine while the page goes on, and runs while it is dragged.
import { exactRate, rateAt, rounds } from "./curve.js";
import { branch } from "./equilibria.js";
import { SYSTEMS } from "../generated.js";
import { traced } from "./run.js";

let current = 0;

const pause = () => new Promise((go) => setTimeout(go, 0));

// job: {id, system, p, x0, search, from, to, count, numerics}. `post` receives what is known so far.
async function work(job, post) {
  const { id, p, x0, search, from, to, count, numerics } = job;
  const system = { ...SYSTEMS[job.system], h: numerics.dt };
  current = id;
  const currents = Array.from({length: count}, (_, k) => from + (to - from)*k/(count - 1));
  const exact = exactRate(system, p, currents[0]) === null ? null : [];
  if (exact !== null) {
    for (let k = 0; k <= 400; k++) {
      const I = from + (to - from)*k/400;
      exact.push({ I, rate: exactRate(system, p, I) });
    }
  }
  const points = Array(count).fill(null);
  let sent = Date.now();
  const send = (done) => post({ id, points: points.filter((x) => x !== null), exact, done });
  const list = rounds(count, system.resets ? 1 : 2);
  for (const [k, { places, coarser, ...how }] of list.entries()) {
    const own = { ...numerics, dt: numerics.dt*coarser };
    for (const place of places) {
      points[place] = rateAt(system, p, x0, currents[place], own, how);
      if (Date.now() - sent > 60) {
        send(false);
        sent = Date.now();
        await pause();
        if (current !== id) return;
      }
    }
    send(k === list.length - 1);
    if (k === 1) post({ id, branch: branch(system, p, search), done: false });
    await pause();
    if (current !== id) return;
  }
}

// The answer to one job: runs at once, or an F-I curve that refines.
export function answer(job, post) {
  if (!job.runs) return work(job, post);
  const begin = performance.now(), answers = job.runs.map(traced);
  return post({ answers, ms: performance.now() - begin });
}

// Arrays of a run are handed over, not copied.
const arraysOf = ({ answers = [] }) => answers.flatMap(({ found, named }) =>
  [...found.traces, ...named, found.spikes].map((array) => array.buffer));

export function listen(scope) {
  scope.onmessage = ({ data }) => answer(data, (found) => scope.postMessage(found, arraysOf(found)));
}
