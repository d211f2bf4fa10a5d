// A plot on the page: canvas, buttons for files, and the table behind it.
import { colours } from "./draw.js";
import { csvOf, download, pngOf, svgOf } from "./files.js";
import { say } from "../words.js";

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((x) => x !== null && x !== undefined));
  return made;
}

export const button = (key, onclick, attributes = {}) =>
  element("button", { type: "button", "data-say": key, onclick, ...attributes }, say(key));

export class Plot {
  // paint(pen, width, height, style) draws and returns axes; table() gives {head, rows}.
  constructor(name, { paint, table, describe, more = [] }) {
    Object.assign(this, { name, paint, table, describe, width: 0, height: 0, axes: [] });
    this.figure = document.getElementById(name);
    this.canvas = element("canvas", { tabindex: 0, role: "img" });
    this.title = element("h2", { "data-say": `title.${name}` }, say(`title.${name}`));
    const files = element("span", { class: "files" },
      ...["csv", "png", "svg"].map((kind) => button(`file.${kind}`, () => this.save(kind),
        { "data-kind": kind, "aria-label": `${kind.toUpperCase()}: ${name}` })));
    this.body = element("div", { class: "canvas" }, this.canvas);
    this.details = element("details", { class: "data", ontoggle: () => this.fillTable() },
      element("summary", { "data-say": "table" }, say("table")), element("div", { class: "scroll",
        tabindex: 0, role: "region", "data-say-label": "table", "aria-label": say("table") }));
    this.figure.append(element("div", { class: "head" }, this.title, ...more, files), this.body,
      this.details);
    new ResizeObserver(() => this.fit() && this.redraw()).observe(this.body);
  }

  // Fits the canvas to its place; returns whether that has changed.
  fit() {
    const { clientWidth, clientHeight } = this.body, scale = window.devicePixelRatio || 1;
    if (clientWidth === this.width && clientHeight === this.height && scale === this.scale) return false;
    Object.assign(this, { width: clientWidth, height: clientHeight, scale });
    this.canvas.width = Math.round(clientWidth*scale);
    this.canvas.height = Math.round(clientHeight*scale);
    return true;
  }

  draw(pen, width, height, style) { return this.paint(pen, width, height, style); }

  redraw() {
    if (!this.width) this.fit();
    if (!this.width || !this.height || this.figure.hidden) return;
    const pen = this.canvas.getContext("2d"), style = this.style();
    pen.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    pen.fillStyle = style.paper;
    pen.fillRect(0, 0, this.width, this.height);
    pen.lineJoin = "round";
    this.axes = this.draw(pen, this.width, this.height, style) || [];
  }

  style() {
    return { ...colours(), font: "12px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" };
  }

  settle() {
    this.canvas.setAttribute("aria-label", this.describe());
    this.fillTable();
  }

  save(kind) {
    const name = `excitable_${this.name}.${kind}`;
    if (kind === "csv") download(name, csvOf(this.table(true)), "text/csv");
    else if (kind === "svg") download(name, svgOf(this), "image/svg+xml");
    else pngOf(this, (blob) => download(name, blob, "image/png"));
  }

  fillTable() {
    if (!this.details.open) return;
    const { head, rows } = this.table(false);
    const line = (cells, tag) => element("tr", {}, ...cells.map((x) => element(tag,
      tag === "th" ? { scope: "col" } : {}, typeof x === "number" ? String(+x.toPrecision(6)) : String(x))));
    this.details.lastChild.replaceChildren(element("table", {},
      element("thead", {}, line(head, "th")), element("tbody", {}, ...rows.map((r) => line(r, "td")))));
  }
}
