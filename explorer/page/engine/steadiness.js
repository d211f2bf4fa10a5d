// Whether intervals between spikes make one rate: as in Python (analysis/trains/steadiness.py), whose
// numbers these are.
const MOST_DRIFT = 0.02, MOST_AHEAD = 0.05;

// Whether the longest and the shortest are alike, up to what steps of length h tell.
export function even(gaps, h) {
  const longest = Math.max(...gaps);
  return longest - Math.min(...gaps) <= MOST_DRIFT*longest + 2*h;
}

// Whether intervals grow, or shrink, towards others: a slow drift, whose thirds are continued
// geometrically (Aitken), shows little of its way in a window.
export function leadsAway(gaps, h) {
  if (gaps.length < 3) return false;
  const steps = gaps.slice(1).map((gap, k) => gap - gaps[k]);
  if (steps.some((step) => step > 0) && steps.some((step) => step < 0)) return false;
  const size = Math.floor(gaps.length/3);
  const [a, b, c] = [gaps.slice(0, size), gaps.slice(size, -size), gaps.slice(-size)].map(mean);
  const ratio = (c - b)/(b - a);
  if (!(ratio > 0 && ratio < 1 && Math.abs(c - b) > h)) return false;
  const ahead = c + (c - b)*ratio/(1 - ratio), whole = mean(gaps);
  return Math.abs(ahead - whole) > MOST_AHEAD*whole;
}

const mean = (values) => values.reduce((a, b) => a + b, 0)/values.length;
