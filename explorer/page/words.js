// The page's words in the chosen language.
import { DATA } from "./data.js";

let language = "en";

export const languages = Object.keys(DATA.texts);
export const languageNow = () => language;

export function setLanguage(name) {
  language = DATA.texts[name] ? name : "en";
  document.documentElement.lang = language;
}

// The text of a key, with {name} replaced; a text that stands in no table is shown as it is.
export function say(key, given = {}) {
  const text = DATA.texts[language][key] ?? DATA.texts.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => given[name] ?? "");
}

// A text of a model (a meaning, a title), translated where the table has it.
export const sayModel = (text) => DATA.texts[language][`model.${text}`] ?? text;

// A number with few digits, in the language's notation of the minus sign.
export function shown(value, digits = 4) {
  if (value === null || !isFinite(value)) return "\u2013";
  return String(+value.toPrecision(digits)).replace("-", "\u2212");
}

const POWERS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵" };

// A unit as people write it: "mS/cm**2" as mS/cm².
export function unitShown(unit) {
  return unit.replace(/\*\*(-?\d)/g, (_, n) => [...n].map((c) => POWERS[c]).join(""))
    .replaceAll("*", "·").replace(/\bu(?=[A-Z]|m\b|m²)/g, "µ").replace(/\b([kM])ohm\b/g, "$1Ω")
    .replace(/\bohm\b/g, "Ω");
}

// A name such as v_peak or alpha_m, as text and an index.
const GREEK = { alpha: "α", beta: "β", tau: "τ", Delta: "Δ", epsilon: "ε", phi: "φ", gamma: "γ",
  theta: "θ", sigma: "σ", rho: "ρ", lambda: "λ", mu: "µ" };
export function nameParts(name) {
  const [base, ...index] = name.split("_");
  return [GREEK[base] ?? base, index.join(" ")];
}

export const namePlain = (name) => {
  const [base, index] = nameParts(name);
  return index ? `${base}_${index}` : base;
};

export function nameElement(name) {
  const [base, index] = nameParts(name), element = document.createElement("var");
  element.append(base);
  if (index) {
    const sub = document.createElement("sub");
    sub.append(index);
    element.append(sub);
  }
  return element;
}

export const withUnit = (name, unit) => (unit ? `${name} (${unitShown(unit)})` : name);
