// Files that the page makes: tables as CSV, plots as PNG and SVG, light or dark as they are seen.
import { SvgPen, colours } from "./draw.js";

export function download(name, content, type) {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const cell = (value) => (typeof value === "number" ? String(value) : `"${String(value).replaceAll('"', '""')}"`);

export const csvOf = ({ head, rows }) =>
  `${head.map(cell).join(",")}\n${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;

export function svgOf(plot) {
  const style = { ...colours(), font: "12px sans-serif" };
  const pen = new SvgPen(plot.width, plot.height, style.paper);
  plot.draw(pen, plot.width, plot.height, style);
  return pen.text();
}

export function pngOf(plot, done) {
  const canvas = document.createElement("canvas"), scale = 3;
  canvas.width = plot.width*scale;
  canvas.height = plot.height*scale;
  const pen = canvas.getContext("2d"), style = { ...colours(), font: "12px sans-serif" };
  pen.scale(scale, scale);
  pen.fillStyle = style.paper;
  pen.fillRect(0, 0, plot.width, plot.height);
  plot.draw(pen, plot.width, plot.height, style);
  canvas.toBlob(done, "image/png");
}

// Puts a text where it can be pasted from; `done` is told when it is there.
export function copyText(text, done) {
  const other = () => copyOld(text, done);
  if (navigator.clipboard?.writeText) navigator.clipboard.writeText(text).then(done, other); else other();
}

// What a page from a file can still do.
function copyOld(text, done) {
  const area = document.createElement("textarea");
  area.className = "hidden";
  area.value = text;
  document.body.append(area);
  area.select();
  if (document.execCommand("copy")) done();
  area.remove();
}
