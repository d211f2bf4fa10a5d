// What a reader likes: language, light or dark; kept by the browser where it may.
import { isDark } from "./plots/draw.js";
import { byId, element } from "./plots/plot.js";
import { languageNow, languages, setLanguage } from "./words.js";

// A page from a file may not be allowed to keep anything.
function store(key, value) { try { localStorage.setItem(`excitable.${key}`, value); } catch { /* */ } }
function stored(key) { try { return localStorage.getItem(`excitable.${key}`); } catch { return null; } }

const NAMES = { en: "English", es: "Español", fr: "Français" };

// The language that is kept or that the browser wishes, and the list to choose another from.
export function makeLanguages(changed) {
  const wishes = [stored("language"), ...(navigator.languages ?? [])].filter(Boolean).map((x) => x.slice(0, 2));
  setLanguage(wishes.find((x) => languages.includes(x)) ?? "en");
  byId("language").append(...languages.map((code) => element("option", { value: code, lang: code,
    selected: code === languageNow() }, NAMES[code] ?? code)));
  byId("language").addEventListener("change", (event) => {
    setLanguage(event.target.value);
    store("language", event.target.value);
    changed();
  });
}

export function makeTheme(changed) {
  const theme = stored("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  byId("theme").addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    store("theme", document.documentElement.dataset.theme);
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}
