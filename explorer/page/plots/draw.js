// A small plot: axes with round ticks, lines thinned to the pixels, on a canvas or as SVG.

// Colours: Okabe and Ito (2008), told apart with every common colour blindness; lighter on dark.
const COLOURS = {
  light: { ink: "#1b1f24", soft: "#59636e", line: "#d5dbe1", paper: "#ffffff", a: "#0072b2",
    b: "#d55e00", c: "#007a59", d: "#a86e00", e: "#a8507f", f: "#2f8fc4", grey: "#6e6e6e" },
  dark: { ink: "#e6eaee", soft: "#a3afbb", line: "#3a444e", paper: "#171c21", a: "#56b4e9",
    b: "#f08a4b", c: "#2fc79b", d: "#e6b63a", e: "#d995bd", f: "#9ad1f2", grey: "#9aa3ab" },
};
export const CYCLE = ["a", "b", "c", "d", "e", "f", "grey"];

export const isDark = () => {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
export const colours = (dark = isDark()) => COLOURS[dark ? "dark" : "light"];

// Round values between two limits, about `count` of them.
export function ticks(low, high, count) {
  const raw = (high - low)/Math.max(count, 1), power = 10**Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k*power).find((s) => s >= raw*0.999) ?? 10*power;
  const found = [];
  for (let k = Math.ceil(low/step - 1e-9); k*step <= high + 1e-9*step; k++) found.push(k*step);
  return { values: found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

export const minus = (text) => text.replace("-", "\u2212");

function tickText(value, digits) {
  const size = Math.abs(value);
  if (size >= 1e5 || (digits > 5 && size > 0)) return minus(value.toExponential(1));
  return minus((size < 10**-(digits + 1) ? 0 : value).toFixed(Math.min(digits, 6)));
}

// A part of a plot with its own axes. `x` and `y` turn data into pixels.
export class Axes {
  constructor(pen, box, xlim, ylim, style) {
    Object.assign(this, { pen, ...box, xlim, ylim, style });
  }

  x(value) { return this.left + (value - this.xlim[0])/(this.xlim[1] - this.xlim[0])*this.width; }

  y(value) {
    return this.top + this.height - (value - this.ylim[0])/(this.ylim[1] - this.ylim[0])*this.height;
  }

  frame({ label = "", xlabel = "", below = true, logarithmic = false, every = 22 }) {
    const { pen, style, left, top, width, height } = this, bottom = top + height;
    pen.font = style.font;
    pen.lineWidth = 1;
    const across = ticks(...this.xlim, width/80), up = ticks(...this.ylim, height/every);
    pen.strokeStyle = style.line;
    pen.beginPath();
    for (const value of up.values) this.path(left, this.y(value), left + width, this.y(value));
    pen.stroke();
    pen.strokeStyle = style.soft;
    pen.beginPath();
    this.path(left, top, left, bottom);
    this.path(left, bottom, left + width, bottom);
    for (const value of across.values) this.path(this.x(value), bottom, this.x(value), bottom + 4);
    pen.stroke();
    pen.fillStyle = style.soft;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const value of up.values) {
      const text = logarithmic ? `10${superscript(value)}` : tickText(value, up.digits);
      pen.fillText(text, left - 6, this.y(value));
    }
    if (below) {
      pen.textAlign = "center";
      pen.textBaseline = "top";
      for (const value of across.values) {
        pen.fillText(tickText(value, across.digits), this.x(value), bottom + 6);
      }
      pen.fillStyle = style.ink;
      if (xlabel) pen.fillText(xlabel, left + width/2, bottom + 22);
    }
    pen.fillStyle = style.ink;
    pen.textAlign = "left";
    pen.textBaseline = "bottom";
    if (label) pen.fillText(label, left - 44, top - 5);
  }

  path(x1, y1, x2, y2) {
    this.pen.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
    this.pen.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
  }

  clipped(draw) {
    const { pen } = this;
    pen.save();
    pen.beginPath();
    pen.rect(this.left, this.top - 1, this.width, this.height + 2);
    pen.clip();
    draw();
    pen.restore();
  }

  // Samples at x0 + k*dx, thinned so that each pixel column keeps its first, extremes and last.
  trace(values, x0, dx, factor, colour, { width = 1.4, dash = [], from = 0, to = values.length } = {}) {
    const { pen } = this, [low, high] = this.xlim;
    const first = Math.max(from, Math.floor((low - x0)/dx)), end = Math.min(to, Math.ceil((high - x0)/dx) + 1);
    if (end <= first) return;
    const ax = this.width/(high - low), cx = this.left + (x0 - low)*ax;
    const ay = -this.height/(this.ylim[1] - this.ylim[0])*factor;
    const cy = this.top + this.height + this.ylim[0]*this.height/(this.ylim[1] - this.ylim[0]);
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    const perPixel = 1/(dx*ax);
    if (perPixel < 3) {
      for (let k = first; k < end; k++) {
        const px = cx + k*dx*ax, py = cy + values[k]*ay;
        if (k === first) pen.moveTo(px, py); else pen.lineTo(px, py);
      }
    } else {
      const block = Math.ceil(perPixel);
      for (let start = first; start < end; start += block) {
        const stop = Math.min(start + block, end);
        let least = values[start], most = least, leastAt = start, mostAt = start;
        for (let k = start + 1; k < stop; k++) {
          const value = values[k];
          if (value < least) { least = value; leastAt = k; }
          if (value > most) { most = value; mostAt = k; }
        }
        const px = cx + start*dx*ax;
        if (start === first) pen.moveTo(px, cy + values[start]*ay);
        const [one, two] = leastAt < mostAt ? [least, most] : [most, least];
        pen.lineTo(px, cy + one*ay);
        if (one !== two) pen.lineTo(px + 0.5, cy + two*ay);
      }
      pen.lineTo(cx + (end - 1)*dx*ax, cy + values[end - 1]*ay);
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  // The same in whole pixels: one upright bar for each column, from its least to its most, and one
  // for all columns side by side that are alike. No line is smoothed, which would take most of a
  // frame's time where no graphics card does it.
  bars(values, dx, factor, colour, to = values.length) {
    const { pen, width } = this, [low, high] = this.xlim, per = (high - low)/width/dx;
    const ay = -this.height/(this.ylim[1] - this.ylim[0])*factor, left = Math.round(this.left);
    const cy = this.top + this.height + this.ylim[0]*this.height/(this.ylim[1] - this.ylim[0]);
    pen.fillStyle = colour;
    let begun = 0, upper = NaN, length = 0;
    const draw = (end) => { if (length) pen.fillRect(left + begun, upper, end - begun, length); };
    let column = 0;
    for (; column < width; column++) {
      const start = Math.floor(low/dx + column*per);
      const stop = Math.min(Math.max(Math.ceil(low/dx + (column + 1)*per), start + 1), to - 1);
      let y = NaN, tall = 0;
      if (start >= 0 && start < to) {
        let least = values[start], most = least;
        for (let k = start + 1; k <= stop; k++) {
          const value = values[k];
          if (value < least) least = value;
          if (value > most) most = value;
        }
        y = Math.round(cy + Math.min(least*ay, most*ay));
        tall = Math.max(1, Math.round(Math.abs((most - least)*ay)));
      }
      if (y === upper && tall === length) continue;
      draw(column);
      [begun, upper, length] = [column, y, tall];
    }
    draw(column);
  }

  // A line through points [[x, y], ...]; null breaks it.
  line(points, colour, { width = 1.6, dash = [] } = {}) {
    const { pen } = this;
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    let on = false;
    for (const point of points) {
      if (point === null) { on = false; continue; }
      const px = this.x(point[0]), py = this.y(point[1]);
      if (on) pen.lineTo(px, py); else pen.moveTo(px, py);
      on = true;
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  mark(x, y, { radius = 4, fill = null, stroke = null, width = 1.5 } = {}) {
    const { pen } = this;
    pen.beginPath();
    pen.arc(this.x(x), this.y(y), radius, 0, 2*Math.PI);
    if (fill) { pen.fillStyle = fill; pen.fill(); }
    if (stroke) { pen.strokeStyle = stroke; pen.lineWidth = width; pen.stroke(); }
  }

  vertical(x, colour, dash = []) {
    const { pen } = this;
    if (x < this.xlim[0] || x > this.xlim[1]) return;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.2;
    pen.setLineDash(dash);
    pen.beginPath();
    this.path(this.x(x), this.top, this.x(x), this.top + this.height);
    pen.stroke();
    pen.setLineDash([]);
  }

  // Names of lines beside their colours, on the right above the axes.
  legend(items) {
    const { pen, style } = this;
    pen.font = style.font;
    pen.textAlign = "left";
    pen.textBaseline = "bottom";
    let at = this.left + this.width;
    for (const [name, colour, dash] of [...items].reverse()) {
      at -= pen.measureText(name).width;
      pen.fillStyle = style.ink;
      pen.fillText(name, at, this.top - 5);
      at -= 22;
      pen.strokeStyle = colour;
      pen.lineWidth = 2;
      pen.setLineDash(dash ?? []);
      pen.beginPath();
      pen.moveTo(at, this.top - 11);
      pen.lineTo(at + 17, this.top - 11);
      pen.stroke();
      pen.setLineDash([]);
      at -= 12;
    }
  }
}

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const superscript = (value) => String(Math.round(value)).replace("-", "⁻")
  .replace(/\d/g, (d) => DIGITS[+d]);

// --- the same drawing as SVG -------------------------------------------------------------------------

const escaped = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;")
  .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const short = (value) => String(+value.toFixed(2));

// Takes the part of a canvas context that Axes uses, and writes SVG.
export class SvgPen {
  constructor(width, height, paper) {
    Object.assign(this, { width, height, parts: [], d: [], dash: [], clips: [], count: 0 });
    this.parts.push(`<rect width="${width}" height="${height}" fill="${paper}"/>`);
    this.measure = document.createElement("canvas").getContext("2d");
  }

  beginPath() { this.d = []; this.box = null; }
  moveTo(x, y) { this.d.push(`M${short(x)} ${short(y)}`); }
  lineTo(x, y) { this.d.push(`L${short(x)} ${short(y)}`); }
  rect(x, y, w, h) {
    this.d.push(`M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${short(-w)}z`);
  }
  arc(x, y, r) {
    this.d.push(`M${short(x - r)} ${short(y)}a${r} ${r} 0 1 0 ${2*r} 0a${r} ${r} 0 1 0 ${-2*r} 0z`);
  }
  setLineDash(dash) { this.dash = dash; }
  stroke() {
    if (!this.d.length) return;
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.parts.push(`<path d="${this.d.join("")}" fill="none" stroke="${this.strokeStyle}" `
      + `stroke-width="${this.lineWidth}" stroke-linejoin="round"${dash}/>`);
  }
  fill() { this.parts.push(`<path d="${this.d.join("")}" fill="${this.fillStyle}"/>`); }
  fillRect(x, y, w, h) { this.beginPath(); this.rect(x, y, w, h); this.fill(); }
  clip() {
    const id = `c${this.count++}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.d.join("")}"/></clipPath>`,
      `<g clip-path="url(#${id})">`);
    this.clips[this.clips.length - 1]++;
  }
  save() { this.clips.push(0); }
  restore() { this.parts.push("</g>".repeat(this.clips.pop())); }
  measureText(text) { this.measure.font = this.font; return this.measure.measureText(text); }
  fillText(text, x, y) {
    const anchor = { left: "start", center: "middle", right: "end" }[this.textAlign];
    const shift = { bottom: -3, middle: 4, top: 10 }[this.textBaseline] ?? 0;
    this.parts.push(`<text x="${short(x)}" y="${short(y + shift)}" text-anchor="${anchor}" `
      + `fill="${this.fillStyle}">${escaped(text)}</text>`);
  }
  text() {
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" `
      + `viewBox="0 0 ${this.width} ${this.height}" font-family="sans-serif" font-size="12">\n`
      + `${this.parts.join("\n")}\n</svg>\n`;
  }
}
