// The left side: model, presets, parameters, stimulus, start, integration, the second neuron.
import { DATA } from "./data.js";
import { Field } from "./fields.js";
import { button, byId, element } from "./plots/plot.js";
import { METHODS, blockField, blockNames, cellOf, firstSI, knowsRest, newBlock, parameterField,
  runField, startField, systemOf, valueOf } from "./state.js";
import { nameElement, namePlain, say, sayModel } from "./words.js";


export class Controls {
  // act: {cell, preset, change, reset}: what the page does then.
  constructor(act) {
    this.act = act;
    this.fields = new Map();
    byId("model").addEventListener("change", (event) => act.cell(event.target.value));
    byId("preset").addEventListener("change", (event) => act.preset(event.target.value));
    byId("pin").addEventListener("click", () => act.pin());
    byId("unpin").addEventListener("click", () => act.unpin());
  }

  build(S) {
    this.fields.clear();
    this.choices(S);
    this.parameters(S);
    this.stimulus(S);
    this.start(S);
    this.integration(S);
    this.second(S);
    this.references(S);
  }

  add(parent, options) {
    const field = new Field(options);
    this.fields.set(options.key, field);
    parent.append(field.row);
  }

  // Messages about several numbers together stand beside one of them.
  complain(conflict) {
    if (!conflict) return;
    const [key, text, most] = conflict;
    this.fields.get(key)?.complain(say(text, { most }));
  }

  clearConflicts() {
    for (const field of this.fields.values()) {
      if (field.number.hasAttribute("aria-invalid") && field.number.value === String(field.value)) {
        field.complain("");
      }
    }
  }

  choices(S) {
    const families = grouped(Object.entries(DATA.cells), ([, cell]) => cell.family);
    byId("model").replaceChildren(...[...families].map(([family, cells]) =>
      options(sayModel(family) || say("own"), cells.map(([key, cell]) => [key, sayModel(cell.title)]), S.cell)));
    const groups = grouped(DATA.presets, (preset) => preset.group);
    byId("preset").replaceChildren(
      element("option", { value: "", selected: S.preset === "" }, say("preset.none")),
      ...[...groups].map(([group, list]) => options(say(`group.${group}`),
        list.map((preset) => [preset.key, presetName(preset)]), S.preset)));
    const chosen = DATA.presets.find((x) => x.key === S.preset);
    byId("try").textContent = chosen ? presetText(chosen) : "";
    byId("try").hidden = !chosen;
  }

  parameters(S) {
    const parent = byId("parameters");
    parent.replaceChildren();
    systemOf(S).parameters.forEach(({name, meaning}, k) => this.add(parent, {
      key: `p.${name}`, name: nameElement(name), label: namePlain(name), meaning,
      field: parameterField(S, k), value: valueOf(S, k), reset: cellOf(S).values[k],
      set: (value) => this.act.change((next) => {
        if (value === cellOf(next).values[k]) delete next.values[name];
        else next.values[name] = value;
      }, "parameters"),
    }));
    if (!systemOf(S).parameters.length) parent.append(element("p", {}, say("no.parameters")));
  }

  stimulus(S) {
    const parent = byId("stimulus");
    parent.replaceChildren(...S.blocks.map((block, j) => this.block(S, block, j)));
    const kinds = Object.keys(DATA.kinds);
    const chooser = element("select", { id: "add", "aria-label": say("block.add"), onchange: (event) => {
      const kind = event.target.value;
      this.act.change((next) => next.blocks.push(newBlock(next, kind)), "stimulus", true);
    } }, element("option", { value: "" }, say("block.add")),
    ...kinds.map((kind) => element("option", { value: kind }, say(`block.${kind}`))));
    parent.append(chooser);
  }

  block(S, block, j) {
    const box = element("fieldset", { class: "block" }, element("legend", {}, say(`block.${block.kind}`)),
      button("block.remove", () => this.act.change((next) => next.blocks.splice(j, 1), "stimulus", true),
        { class: "remove", "aria-label": `${say("block.remove")}: ${say(`block.${block.kind}`)} ${j + 1}` }));
    for (const name of blockNames(block.kind)) {
      const label = DATA.kinds[block.kind] ? say(`number.${name}`) : namePlain(name);
      this.add(box, {
        key: `b${j}.${name}`, name: label, label: `${say(`block.${block.kind}`)} ${j + 1}, ${label}`,
        field: blockField(S, block.kind, name), value: block[name],
        set: (value) => this.act.change((next) => { next.blocks[j][name] = value; }, "stimulus"),
      });
    }
    return box;
  }

  start(S) {
    const parent = byId("start"), system = systemOf(S);
    parent.replaceChildren(radio("start", ["rest", "initial"], S.start, (value) =>
      this.act.change((next) => { next.start = value; }, "start", true), knowsRest(S) ? [] : ["rest"]));
    if (S.start !== "initial") return;
    const first = this.act.initial();
    system.states.forEach(({name, scale}, k) => this.add(parent, {
      key: `x.${name}`, name: nameElement(name), label: `${say("start.of")} ${namePlain(name)}`,
      field: startField(S, k), value: +((firstSI(S)[k] ?? first[k])/scale).toPrecision(7), reset: null,
      set: (value) => this.act.change((next) => { next.first[name] = value; }, "start"),
    }));
  }

  integration(S) {
    const parent = byId("integration"), system = systemOf(S);
    const methods = METHODS.filter((m) => system.steps[m]);
    parent.replaceChildren(radio("method", methods, S.method, (value) =>
      this.act.change((next) => { next.method = value; }, "numerics", true)));
    for (const name of ["dt", "duration"]) {
      this.add(parent, { key: name, name: say(`number.${name}`), label: say(`number.${name}`),
        field: runField(S, name), value: S[name], reset: name === "dt" ? cellOf(S).dt : null,
        set: (value) => this.act.change((next) => {
          next[name] = value;
          next.view = null;
        }, "numerics") });
    }
    const fixed = S.method === "half_steps" || system.locate === null;
    parent.append(check("located", S.located && !fixed, (on) =>
      this.act.change((next) => { next.located = on; }, "numerics"), fixed),
    check("chaos", S.chaos, (on) => this.act.change((next) => { next.chaos = on; }, "numerics", true)));
  }

  second(S) {
    const text = S.pin ? say("pin.text", { name: sayModel(DATA.cells[S.pin.cell].title) }) : say("pin.none");
    const other = S.pin && systemOf(S.pin).input.unit !== systemOf(S).input.unit;
    byId("pin.state").textContent = other ? `${text} ${say("pin.other")}` : text;
    byId("unpin").hidden = !S.pin;
  }

  references(S) {
    byId("references").replaceChildren(...cellOf(S).references.map((text) => element("li", {}, text)));
  }
}

export const presetName = (preset) =>
  (preset.name ? sayModel(preset.name) : say(`preset.${preset.key}`));
export const presetText = (preset) => [say(`preset.${preset.key}.try`),
  preset.change ? say("preset.change", { change: preset.change }) : ""].filter(Boolean).join(" ");

function grouped(list, keyOf) {
  const found = new Map();
  for (const item of list) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item]);
  return found;
}

const options = (label, list, chosen) => element("optgroup", { label }, ...list.map(([value, text]) =>
  element("option", { value, selected: value === chosen }, text)));

function radio(name, values, chosen, set, disabled = []) {
  return element("div", { class: "choices", role: "radiogroup", "aria-label": say(`choice.${name}`) },
    ...values.map((value) => element("label", {}, element("input", { type: "radio", name, value,
      checked: value === chosen, disabled: disabled.includes(value), onchange: () => set(value) }),
    say(`${name}.${value}`))));
}

function check(name, on, set, disabled = false) {
  return element("label", { class: "check" }, element("input", { type: "checkbox", id: `c-${name}`,
    checked: on, disabled, onchange: (event) => set(event.target.checked) }), say(`check.${name}`));
}
