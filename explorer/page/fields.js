// One number on the page: a slider and a field, its unit, what it means, what is wrong with it.
import { fault } from "./state.js";
import { element } from "./plots/plot.js";
import { say, sayModel, shown, unitShown } from "./words.js";

let count = 0;

const niceBelow = (x) => {
  const power = 10**Math.floor(Math.log10(x));
  return [5, 2, 1].map((k) => k*power).find((s) => s <= x*1.0001) ?? power;
};

// A value from a slider, on round numbers.
function rounded(value, { low, high, step }) {
  const unit = step ?? niceBelow((high - low)/400);
  return +(Math.round(value/unit)*unit).toPrecision(10);
}

// name: an element; field: what state.js says of the number; set(value) is called with right ones.
export class Field {
  constructor({ key, name, label, field, value, meaning = "", set, reset = null, disabled = false }) {
    Object.assign(this, { key, field, set, usual: reset });
    const about = [meaning, field.source].filter(Boolean).map(sayModel).join(" \u2013 ");
    const id = `f${count++}`, unit = unitShown(field.unit ?? "");
    this.slider = element("input", { type: "range", id: `${id}s`, step: "any", disabled,
      "aria-label": `${label}, ${say("slider")}`, oninput: () => this.slid() });
    this.number = element("input", { type: "text", inputmode: "decimal", id, disabled,
      autocomplete: "off", "aria-label": unit ? `${label} (${unit})` : label,
      "aria-describedby": `${about ? `${id}m ` : ""}${id}e`, oninput: () => this.typed(), onchange: () => this.typed(true) });
    this.undo = element("button", { type: "button", class: "undo", title: say("reset"), disabled,
      "aria-label": `${say("reset")}: ${label}`, onclick: () => this.restore() }, "↺");
    this.error = element("p", { class: "error", id: `${id}e`, "aria-live": "polite" });
    this.row = element("div", { class: about ? "field" : "field short", "data-key": key },
      element("label", { for: id, title: about || null }, name,
        about ? element("span", { class: "meaning", id: `${id}m` }, about) : null),
      this.slider, this.number, element("span", { class: "unit", title: unit }, unit), this.undo, this.error);
    this.show(value);
  }

  show(value) {
    this.value = value;
    this.slider.min = Math.min(this.field.low, value);
    this.slider.max = Math.max(this.field.high, value);
    this.slider.value = value;
    this.slider.setAttribute("aria-valuetext", `${shown(value, 6)} ${unitShown(this.field.unit ?? "")}`);
    if (document.activeElement !== this.number) this.number.value = String(value);
    this.undo.hidden = this.usual === null || value === this.usual;
    this.complain("");
  }

  slid() {
    const value = rounded(Number(this.slider.value), { ...this.field, low: +this.slider.min,
      high: +this.slider.max });
    const bounded = Math.min(Math.max(value, +this.slider.min), +this.slider.max);
    if (fault(bounded, this.field) === null) this.take(bounded, true);
  }

  typed(done = false) {
    const text = this.number.value.trim().replace("\u2212", "-").replace(/,(?=\d+$)/, ".");
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
    const wrong = fault(value, this.field);
    if (wrong !== null) { this.complain(say(wrong[0], { most: wrong[1] })); return; }
    if (value !== this.value) this.take(value, false);
    else this.complain("");
    if (done) this.number.value = String(value);
  }

  restore() {
    this.take(this.usual, false);
    this.number.value = String(this.usual);
    this.number.focus();
  }

  take(value, sliding) {
    const before = this.value;
    this.value = value;
    this.complain("");
    if (sliding) {
      this.number.value = String(value);
      this.slider.setAttribute("aria-valuetext", `${shown(value, 6)} ${unitShown(this.field.unit ?? "")}`);
      this.undo.hidden = this.usual === null || value === this.usual;
    } else {
      this.show(value);
    }
    if (value !== before) this.set(value);
  }

  complain(text) {
    this.error.textContent = text;
    if (text) this.number.setAttribute("aria-invalid", "true");
    else this.number.removeAttribute("aria-invalid");
  }
}
