// One setting as a field of a form: what it is now, what somebody makes of it, what is wrong with that.

import { h, say } from "./dom.js";
import { list } from "./format.js";

const LANGUAGES = new Set(["whisper.language", "llama.language", "kokoro.language"]);
const NUMBER = /^\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)\s*$/;

export class Field {
  constructor(setting, onChange) {
    this.name = setting.name;
    const id = `setting-${setting.name.replace(".", "-")}`;
    this.onChange = onChange;
    this.control = control(setting.kind, { id, name: setting.name, "aria-describedby": `${id}-hint ${id}-error`, oninput: () => this.changed() });
    this.hint = h("p", { id: `${id}-hint`, class: "hint" });
    this.error = h("p", { id: `${id}-error`, class: "error", hidden: true });
    this.defaultButton = h("button", { type: "button", class: "small", "aria-label": `Default of ${setting.label}`, onclick: () => this.takeDefault() }, "Default");
    const head = h("div", { class: "field-head" }, h("label", { for: id }, setting.label), this.defaultButton);
    this.element = h("div", { class: "field", "data-kind": setting.kind }, head, this.control, this.hint, this.error);
    this.update(setting);
  }

  // What the file says now; what somebody has typed and not saved stays.
  update(setting) {
    const typed = this.setting && this.isChanged() ? this.control.value : null;
    this.setting = setting;
    this.kind = setting.kind;
    if (setting.kind === "choice") this.control.replaceChildren(...options(setting, typed));
    this.control.value = typed ?? String(setting.value);
    this.control.disabled = Boolean(setting.locked);
    this.hint.replaceChildren(...marked(hint(setting)));
    this.offerDefault();
  }

  changed() {
    this.offerDefault();
    this.onChange();
  }

  offerDefault() {
    const { locked, choices, default: standard } = this.setting;
    const isThere = this.kind !== "choice" || choices.some((choice) => choice.value === standard && !choice.obstacle);
    this.defaultButton.hidden = Boolean(locked) || !isThere || this.value() === standard;
  }

  // As if it had been typed: it is saved, or discarded, with all else.
  takeDefault() {
    this.control.value = String(this.setting.default);
    this.control.focus();
    this.changed();
  }

  isChanged() {
    return this.control.value !== String(this.setting.value) && this.value() !== this.setting.value;
  }

  // As the configuration is to have it; a number that is none goes as it was typed, and is refused with a reason.
  value() {
    const typed = this.control.value;
    return this.kind === "number" && NUMBER.test(typed) ? Number(typed.replace(",", ".")) : typed;
  }

  discard() {
    this.control.value = String(this.setting.value);
    this.offerDefault();
    this.complain("");
  }

  complain(text) {
    // In the hint's place, and no smaller: what stands below stays where it is.
    if (text && !this.hint.hidden) this.error.style.minHeight = `${this.hint.offsetHeight}px`;
    say(this.error, text);
    this.error.hidden = !text;
    this.hint.hidden = Boolean(text);
    if (text) this.control.setAttribute("aria-invalid", "true");
    else this.control.removeAttribute("aria-invalid");
  }
}

function control(kind, attributes) {
  if (kind === "choice") return h("select", attributes);
  if (kind === "text") return h("textarea", { ...attributes, rows: 6, dir: "auto" });
  const mode = kind === "number" ? { inputmode: "decimal" } : { dir: "auto" };
  return h("input", { ...attributes, ...mode, type: "text", autocomplete: "off" });
}

function options(setting, typed) {
  const shown = setting.choices.map((choice) => {
    const notes = [choice.note, choice.obstacle && "not here"].filter(Boolean);
    const name = LANGUAGES.has(setting.name) ? language(choice.value) : choice.value;
    const text = [name, notes.length ? `(${notes.join(", ")})` : ""].filter(Boolean).join(" ");
    const isNow = choice.value === setting.value || choice.value === typed;
    return { text, element: h("option", { value: choice.value, disabled: Boolean(choice.obstacle) && !isNow }, text) };
  });
  if (LANGUAGES.has(setting.name)) shown.sort((one, other) => one.text.localeCompare(other.text));
  return shown.map((one) => one.element);
}

function language(code) {
  if (!code) return "";
  try {
    return `${new Intl.DisplayNames(undefined, { type: "language" }).of(code)} (${code})`;
  } catch {
    return code;
  }
}

function hint(setting) {
  if (setting.locked) return `${sentence(setting.locked)} \`${setting.name}\`.`;
  const bounds = [setting.low === null ? "" : `from ${setting.low}`, setting.high === null ? "" : `to ${setting.high}`].filter(Boolean).join(" ");
  const missing = setting.choices.filter((choice) => choice.obstacle).map((choice) => `${choice.value} (${mark(choice.obstacle)})`);
  return [
    sentence(setting.hint),
    bounds && setting.kind === "number" ? sentence(`a number ${bounds}`) : "",
    missing.length ? `Not here: ${missing.join("; ")}.` : "",
    readers(setting.readers),
    `\`${setting.name}\`${setting.is_written ? "" : ", its default"}.`,
  ].filter(Boolean).join(" ");
}

// What a change needs.
function readers(names) {
  if (!names.length) return "Nobody uses it now.";
  if (names.includes("up")) return "A change needs `steadyline up` to be started again.";
  return `A change needs a restart of ${list(names)}.`;
}

// A command that is to be typed.
function mark(obstacle) {
  const [what, command] = obstacle.split(/: (.*)/s);
  return command ? `${what}: \`${command}\`` : what;
}

function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

function marked(text) {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}
