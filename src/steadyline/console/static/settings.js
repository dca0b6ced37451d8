// The Settings page: what the agent says, with which voice, in which language, by which models; saved to the configuration file.

import { get, post } from "./api.js";
import { confirmed, empty, h, say } from "./dom.js";
import { Field } from "./fields.js";
import { count, list } from "./format.js";

const ASK_EVERY_MS = 1000;
const ASKED_AT_MOST = 300;

export async function show(main) {
  main.replaceChildren(h("h1", {}, "Settings"), h("p", { class: "lead" }, "Reading the configuration file…"));
  const page = new Page(main);
  page.take(await get("/api/settings"));
}

class Page {
  constructor(main) {
    this.fields = [];
    this.lead = h("p", { class: "lead" });
    this.notice = h("div", { class: "notice", hidden: true });
    this.form = h("form", { class: "settings", novalidate: true, onsubmit: (event) => { event.preventDefault(); this.save(); } });
    this.said = h("p", { id: "settings-said", class: "said", role: "status" });
    this.waits = h("p", { class: "waits" });
    this.saveButton = h("button", { type: "submit", class: "main" }, "Save");
    this.discardButton = h("button", { type: "button", onclick: () => this.discard() }, "Discard");
    this.againButton = h("button", { type: "button", hidden: true, onclick: () => this.readAgain() }, "Read the file again");
    this.restartButton = h("button", { type: "button", hidden: true, onclick: () => this.restart() });
    this.bar = h("div", { class: "save-bar" }, h("div", { class: "words" }, this.said, this.waits),
      h("div", { class: "buttons" }, this.restartButton, this.againButton, this.discardButton, this.saveButton));
    main.replaceChildren(h("h1", {}, "Settings"), this.lead, this.notice, this.form);
    window.addEventListener("beforeunload", (event) => this.changed().length && event.preventDefault());
  }

  changed() {
    return this.fields.filter((field) => field.isChanged());
  }

  // What the console says of the file, the first time and again.
  take(view) {
    this.view = view;
    this.tellFile(view);
    if (view.problem) {
      this.fields = [];
      this.form.replaceChildren(empty(view.problem, "Mend the file by hand, then load this page again. Services that run go on with what they read; one that is started again now cannot."));
      return;
    }
    const settings = view.groups.flatMap((group) => group.settings);
    if (this.fields.length) this.fields.forEach((field, index) => field.update(settings[index]));
    else this.build(view.groups);
    this.tellWaits(view);
    this.tellChanges();
  }

  build(groups) {
    const sets = groups.map((group) => {
      const fields = group.settings.map((setting) => new Field(setting, () => this.tellChanges()));
      this.fields.push(...fields);
      return h("fieldset", { disabled: Boolean(this.view.file.obstacle) }, h("legend", {}, group.title), fields.map((field) => field.element));
    });
    this.form.replaceChildren(...sets, this.bar);
  }

  tellFile({ file }) {
    const path = h("code", {}, file.path);
    if (!file.path) this.lead.replaceChildren("There is no configuration file.");
    else if (file.is_there) this.lead.replaceChildren("Kept in ", path, ". Comments and all else in it stay. What a change needs stands below each setting.");
    else this.lead.replaceChildren("These are the defaults. Saving begins a configuration file, ", path, ", which only your user can read.");
    this.notice.hidden = !file.obstacle;
    this.notice.replaceChildren(h("p", {}, `Nothing can be saved here: ${file.obstacle}.`), h("p", {}, "Change the settings by hand, or let the user that runs Steadyline write the file and its folder."));
  }

  // What was saved and is not in force yet.
  tellWaits({ stale, needs_up: needsUp, can_restart: canRestart }) {
    const names = stale.map((one) => one.service);
    const words = [];
    if (names.length) {
      const of = [...new Set(stale.flatMap((one) => one.settings))].join(", ");
      const mend = canRestart ? "" : " Start again what you started: no “steadyline up” answers that could do it.";
      words.push(`${of}: in force when ${list(names)} ${names.length === 1 ? "is" : "are"} started again.${mend}`);
    }
    if (needsUp.length) words.push(`${needsUp.join(", ")}: in force when “steadyline up” is started again, which ends all calls.`);
    say(this.waits, words.join(" "));
    say(this.restartButton, `Restart ${list(names)}`);
    this.restartButton.hidden = !names.length || !canRestart;
  }

  tellChanges() {
    const number = this.changed().length;
    say(this.saveButton, number ? `Save ${count(number, "change")}` : "Save");
    this.saveButton.disabled = this.discardButton.disabled = Boolean(this.view.file.obstacle);
  }

  tell(text) {
    say(this.said, text);
  }

  async save() {
    const changed = this.changed();
    for (const field of this.fields) field.complain("");
    if (!changed.length) return this.tell("Nothing is changed.");
    this.tell("Saving…");
    const values = Object.fromEntries(changed.map((field) => [field.name, field.value()]));
    try {
      const view = await post("/api/settings", { version: this.view.version, values });
      for (const field of changed) field.setting.value = field.value();
      this.take(view);
      this.againButton.hidden = true;
      this.tell(`Saved: ${changed.map((field) => field.setting.label).join(", ")}.`);
    } catch (error) {
      this.refused(error);
    }
    return undefined;
  }

  refused(error) {
    const complaints = (error.content && error.content.fields) || {};
    const wrong = this.fields.filter((field) => complaints[field.name]);
    for (const field of wrong) field.complain(complaints[field.name]);
    this.againButton.hidden = error.status !== 409;
    this.tell(wrong.length ? `Nothing was saved: ${list(wrong.map((field) => field.setting.label))} cannot be like this.` : `${error.message}${error.status === 409 ? ". Read it again: what you have typed stays." : ""}`);
    if (wrong.length) wrong[0].control.focus();
  }

  async readAgain() {
    try {
      this.take(await get("/api/settings"));
      this.againButton.hidden = true;
      this.saveButton.focus();
      const number = this.changed().length;
      this.tell(`The file was read again. ${number ? `${count(number, "change")} of yours ${number === 1 ? "is" : "are"} not saved yet.` : "It has what you have typed."}`);
    } catch (error) {
      this.tell(error.message);
    }
  }

  discard() {
    for (const field of this.fields) field.discard();
    this.tellChanges();
    this.tell("What was not saved is gone.");
  }

  // One after another: a call that loses two services at once waits longer, and may hear a clause twice.
  async restart() {
    if (this.isRestarting) return;
    const { stale, calls } = this.view;
    const names = stale.map((one) => one.service);
    const goingOn = calls ? `${count(calls, "call")} ${calls === 1 ? "is going on, and does" : "are going on, and do"} not end` : "Nobody calls now";
    const effects = stale.map((one) => `${one.service}: ${one.effect}`);
    if (!(await confirmed(`Start ${list(names)} again? ${goingOn}. Meanwhile, ${effects.join("; ")}.`, "Restart"))) return;
    this.isRestarting = true;
    try {
      for (const name of names) {
        await post(`/api/services/${name}/restart`);
        this.tell(`${name} is started again…`);
        await this.follow(name);
      }
      this.tell(`In force: ${list(names)} ${names.length === 1 ? "is" : "are"} ready.`);
    } catch (error) {
      this.tell(error.message);
    }
    this.isRestarting = false;
  }

  // Until a service runs with what the file says.
  async follow(name) {
    for (let asked = 0; asked < ASKED_AT_MOST; asked += 1) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      const view = await get("/api/settings");
      const waiting = view.waiting.find((text) => text.startsWith(`${name}:`));
      if (!waiting && !view.stale.some((one) => one.service === name)) {
        const hadFocus = document.activeElement === this.restartButton;
        this.take(view);
        if (hadFocus && this.restartButton.hidden) this.saveButton.focus();
        return;
      }
      if (waiting) this.tell(`Waiting for ${waiting}`);
    }
    throw new Error(`${name} is not ready yet. The Line page shows what is in the way.`);
  }
}
