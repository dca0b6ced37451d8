// The recording of a call: both channels' wave form, drawn to the time line's scale, with a player. It can be sought in
// by click and by key; what is said stands in the transcript, which is the wave form's text.

import { get } from "./api.js";
import { h, say, svg } from "./dom.js";
import { clock } from "./format.js";

const AGAIN_MS = 2000;
const STEP_S = 5;
const LEAP_S = 30;
const FULL_SCALE = 127;
const BEING_WRITTEN = 409;

// What goes into the time line's grid. `length`: of the time line, seconds; `onTime` is told where the call is heard.
export function recording(call, length, onTime) {
  const note = h("p", { class: "muted", role: "status" });
  // The place is held while it is read, so that nothing jumps.
  const wave = h("div", { class: "wave-frame" }, call.state === "live" ? null : h("div", { class: "wave" }));
  const player = h("div", { class: "player" }, note);
  if (call.state === "live") say(note, "The recording can be heard when the call is over.");
  else load(call, length, onTime, { note, wave, player });
  return [h("span", { class: "lane-name" }, "recording"), wave, h("span"), player];
}

async function load(call, length, onTime, { note, wave, player }) {
  say(note, "Reading the recording…");
  try {
    const found = await get(`/api/calls/${call.call_uuid}/waveform`);
    const shown = new Player(call, found, length, onTime);
    wave.replaceChildren(shown.slider);
    player.replaceChildren(...shown.controls);
  } catch (error) {
    // Right after its end a call's last second is still being written.
    if (error.status === BEING_WRITTEN && call.state === "ended") setTimeout(() => load(call, length, onTime, { note, wave, player }), AGAIN_MS);
    else {
      wave.replaceChildren();
      say(note, `No sound: ${error.message}.`);
    }
  }
}

class Player {
  constructor(call, found, length, onTime) {
    const address = `/api/calls/${call.call_uuid}/call.wav`;
    // The recording begins with the answer, the time line with the call.
    Object.assign(this, { begin: call.answered_s ?? 0, seconds: found.seconds, length, onTime });
    this.audio = h("audio", { src: address, preload: "none" });
    this.head = h("span", { class: "play-head" });
    this.slider = h("div", {
      class: "wave", role: "slider", tabindex: "0", "aria-label": "Place in the recording", "aria-valuemin": "0",
      "aria-valuemax": String(Math.round(found.seconds)), onkeydown: (event) => this.pressed(event), onclick: (event) => this.clicked(event),
    }, drawn(found, this.begin, length), this.head);
    this.button = h("button", { type: "button", onclick: () => this.toggle() }, "Play");
    this.time = h("span", { class: "figures" });
    this.trouble = h("span", { class: "muted", role: "status" });
    const hint = h("span", { class: "muted" }, "caller above, agent below · space plays, arrow keys seek");
    const download = h("a", { class: "button", href: address, download: true }, "Download WAV");
    this.controls = [this.button, this.time, download, hint, this.trouble, this.audio];
    for (const name of ["play", "pause", "ended", "seeking", "timeupdate"]) this.audio.addEventListener(name, () => this.show());
    this.audio.addEventListener("error", () => say(this.trouble, "The sound cannot be played: open the page again."));
    this.wanted = 0;
    this.show();
  }

  get at() {
    return this.audio.readyState ? this.audio.currentTime : this.wanted;
  }

  toggle() {
    if (this.audio.paused) this.audio.play().catch((error) => say(this.trouble, error.message));
    else this.audio.pause();
  }

  seek(seconds) {
    this.wanted = Math.max(0, Math.min(seconds, this.seconds));
    if (this.audio.readyState) this.audio.currentTime = this.wanted;
    else {
      this.audio.addEventListener("loadedmetadata", () => { this.audio.currentTime = this.wanted; }, { once: true });
      this.audio.preload = "metadata";
      this.audio.load();
    }
    this.show();
  }

  clicked(event) {
    const place = this.slider.getBoundingClientRect();
    this.seek(((event.clientX - place.left) / place.width) * this.length - this.begin);
  }

  pressed(event) {
    const goals = {
      ArrowLeft: this.at - STEP_S, ArrowDown: this.at - STEP_S, ArrowRight: this.at + STEP_S, ArrowUp: this.at + STEP_S,
      PageDown: this.at - LEAP_S, PageUp: this.at + LEAP_S, Home: 0, End: this.seconds,
    };
    if (event.key === " ") this.toggle();
    else if (event.key in goals) this.seek(goals[event.key]);
    else return;
    event.preventDefault();
  }

  show() {
    const text = `${clock(this.at)} of ${clock(this.seconds)}`;
    say(this.button, this.audio.paused ? "Play" : "Pause");
    say(this.time, text);
    this.slider.setAttribute("aria-valuenow", String(Math.round(this.at)));
    this.slider.setAttribute("aria-valuetext", text);
    this.head.style.left = `${(100 * Math.min(this.begin + this.at, this.length)) / this.length}%`;
    this.onTime(this.begin + this.at);
  }
}

// The caller's wave in the upper half, the agent's in the lower one; one unit a step, stretched to the time line.
function drawn(found, begin, length) {
  const steps = Math.max(1, found.seconds / found.step_s);
  const picture = svg("svg", { viewBox: `0 0 ${steps} ${4 * FULL_SCALE}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "wave-caller", d: outline(found.caller, FULL_SCALE) }),
    svg("path", { class: "wave-agent", d: outline(found.agent, 3 * FULL_SCALE) }));
  picture.style.left = `${(100 * begin) / length}%`;
  picture.style.width = `${(100 * found.seconds) / length}%`;
  return picture;
}

// Along the highest samples and back along the lowest, a hair apart at least, so that silence is a line.
function outline({ low, high }, middle) {
  const there = high.map((value, step) => `${step} ${middle - value - 1}`);
  const back = low.map((value, step) => `${step} ${middle - value + 1}`).reverse();
  return there.length ? `M${there.join("L")}L${back.join("L")}z` : "";
}
