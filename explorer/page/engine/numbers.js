// Small numerics: eigenvalues of small matrices, quadrature, seeded normal numbers.

// Largest real part, and all eigenvalues [re, im], of a matrix given row by row.
// The characteristic polynomial (Faddeev and Le Verrier), then its roots (Durand and Kerner).
export function eigenvalues(flat, n) {
  let size = 0;
  for (let k = 0; k < n*n; k++) size = Math.max(size, Math.abs(flat[k]));
  if (!(size > 0) || !isFinite(size)) return Array.from({length: n}, () => [size ? NaN : 0, 0]);
  const a = balanced(flat, n);
  let norm = 0;
  for (let k = 0; k < n*n; k++) norm = Math.max(norm, Math.abs(a[k]));
  for (let k = 0; k < n*n; k++) a[k] /= norm;
  return roots(characteristic(a, n)).map(([re, im]) => [re*norm, im*norm]);
}

// Rows and columns scaled to the same size: the eigenvalues stay.
function balanced(flat, n) {
  const a = Float64Array.from(flat);
  for (let round = 0; round < 20; round++) {
    let done = true;
    for (let i = 0; i < n; i++) {
      let row = 0, column = 0;
      for (let j = 0; j < n; j++) {
        if (j !== i) { row += Math.abs(a[i*n + j]); column += Math.abs(a[j*n + i]); }
      }
      if (!row || !column) continue;
      const f = 2**Math.round(Math.log2(row/column)/2);
      if (f === 1) continue;
      done = false;
      for (let j = 0; j < n; j++) { a[i*n + j] /= f; a[j*n + i] *= f; }
    }
    if (done) break;
  }
  return a;
}

function characteristic(a, n) {
  const c = new Float64Array(n + 1);
  c[n] = 1;
  let m = new Float64Array(n*n);
  for (let k = 1; k <= n; k++) {
    const next = new Float64Array(n*n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < n; l++) sum += a[i*n + l]*m[l*n + j];
        next[i*n + j] = sum + (i === j ? c[n - k + 1] : 0);
      }
    }
    m = next;
    let trace = 0;
    for (let i = 0; i < n; i++) for (let l = 0; l < n; l++) trace += a[i*n + l]*m[l*n + i];
    c[n - k] = -trace/k;
  }
  return c;
}

function roots(c) {
  const n = c.length - 1;
  let z = Array.from({length: n}, (_, k) => {
    const angle = 2*Math.PI*k/n + 0.4;
    return [0.9*Math.cos(angle), 0.9*Math.sin(angle)];
  });
  for (let round = 0; round < 500; round++) {
    let change = 0;
    z = z.map(([x, y], k) => {
      let re = c[n], im = 0;
      for (let j = n - 1; j >= 0; j--) [re, im] = [re*x - im*y + c[j], re*y + im*x];
      let dre = 1, dim = 0;
      z.forEach(([a, b], j) => {
        if (j !== k) [dre, dim] = [dre*(x - a) - dim*(y - b), dre*(y - b) + dim*(x - a)];
      });
      const d = dre*dre + dim*dim || 1e-300;
      const sx = (re*dre + im*dim)/d, sy = (im*dre - re*dim)/d;
      change = Math.max(change, Math.hypot(sx, sy));
      return [x - sx, y - sy];
    });
    if (change < 1e-15) break;
  }
  return z.map(([x, y]) => [x, Math.abs(y) < 1e-9 ? 0 : y]);
}

// Integral of f from a to b, adaptively: Gauss and Kronrod's rule with 7 and 15 points.
const NODES = [0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
  0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
  0.586087235467691130294144691693295, 0.405845151377397166906606412076961,
  0.207784955007898467600689403773245, 0];
const KRONROD = [0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
  0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
  0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
  0.204432940075298892414161999234649, 0.209482141084727828012999174891714];
const GAUSS = [0.129484966168869693270611432679082, 0.279705391489276667901467771423780,
  0.381830050505118944950369775488975, 0.417959183673469387755102040816327];

export function integral(f, a, b, depth = 40) {
  const middle = (a + b)/2, half = (b - a)/2;
  let fine = 0, coarse = 0;
  for (let k = 0; k < 8; k++) {
    const both = k === 7 ? f(middle) : f(middle - half*NODES[k]) + f(middle + half*NODES[k]);
    fine += KRONROD[k]*both;
    if (k % 2) coarse += GAUSS[(k - 1)/2]*both;
  }
  if (depth === 0 || !isFinite(fine) || Math.abs(fine - coarse) <= 1e-11*Math.abs(fine)) {
    return fine*half;
  }
  return integral(f, a, middle, depth - 1) + integral(f, middle, b, depth - 1);
}

function mixed(x) {
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

// Standard normal numbers; explorer/noise.py makes the same ones.
export function normals(n, seed) {
  const first = mixed(seed | 0), found = new Float64Array(n);
  const uniform = (k) => (mixed((k + first) | 0) + 0.5)/2**32;
  for (let k = 0; k < n; k++) {
    found[k] = Math.sqrt(-2*Math.log(uniform(2*k)))*Math.cos(2*Math.PI*uniform(2*k + 1));
  }
  return found;
}
