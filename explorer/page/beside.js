// What runs beside the page in workers, so that the page never waits for it.
import { byId } from "./plots/plot.js";
import { answer } from "./engine/worker.js";

// A worker with the page's engine; null where the browser allows none.
function started(receive, failed) {
  const text = `${byId("engine").textContent}\nlisten(self);`;
  try {
    const made = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    made.onmessage = ({ data }) => receive(data);
    made.onerror = failed;
    return made;
  } catch {
    return null;
  }
}

// What sends a job and has every answer received; without workers, between the frames of the page.
export function answering(receive) {
  const here = (job) => answer(job, receive);
  let made = started(receive, () => { made = null; });
  return (job) => (made ? made.postMessage(job) : here(job));
}

// Runs of the newest state while it changes: one at a time, those between are left out.
export class Latest {
  // jobs(state) gives what to run; take(state, answers, ms, begin) gets the answers, how long the
  // runs took, and when the state was asked for.
  constructor(jobs, take) {
    Object.assign(this, { jobs, take, running: null, next: null, taken: 0 });
    this.worker = started((data) => this.received(data), () => { this.worker = null; });
  }

  get able() { return this.worker !== null; }

  ask(state) {
    const wish = { state, begin: performance.now() };
    if (this.running) this.next = wish; else this.send(wish);
  }

  send(wish) {
    this.running = wish;
    this.next = null;
    this.worker.postMessage({ runs: this.jobs(wish.state) });
  }

  // What is asked for has been overtaken: its answers are of no use.
  forget() {
    this.next = null;
    if (this.running) this.running.overtaken = true;
  }

  received({ answers, ms }) {
    const { state, begin, overtaken } = this.running;
    this.running = null;
    if (this.next) this.send(this.next);
    if (overtaken) return;
    this.taken += 1;
    this.take(state, answers, ms, begin);
  }
}
