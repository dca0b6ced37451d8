// One call: its time line with the recording, what was said, how long each answer took, what happened.

import { get, repeat } from "./api.js";
import { empty, h, showProblem, stateMark, table } from "./dom.js";
import { caller, clock, count, date, duration } from "./format.js";
import { recording } from "./waveform.js";

const EVERY_MS = 2000;
const TONES = { live: "good", ended: "idle", "cut off": "bad" };

export function show(main, callUuid) {
  let shown = "";

  async function once() {
    const call = await get(`/api/calls/${callUuid}`).catch((error) => showProblem(error.message));
    if (!call) {
      if (!shown) main.replaceChildren(h("h1", {}, "Call"), empty("It cannot be shown.", h("a", { href: "/calls" }, "All calls")));
      return;
    }
    showProblem("");
    const text = JSON.stringify(call);
    if (text === shown) return;
    const position = window.scrollY;
    shown = text;
    main.replaceChildren(...parts(call));
    reachLong(main);
    window.scrollTo(0, position);
  }
  window.addEventListener("resize", () => reachLong(main));
  return repeat(() => (shown && JSON.parse(shown).state === "ended" ? null : once()), EVERY_MS);
}

// Words that are too long for their bubble can be scrolled in by keyboard, too.
function reachLong(main) {
  for (const bubble of main.querySelectorAll(".bubble")) {
    if (bubble.scrollHeight > bubble.clientHeight) bubble.setAttribute("tabindex", "0");
    else bubble.removeAttribute("tabindex");
  }
}

function parts(call) {
  return [
    head(call),
    timeLine(call),
    h("section", { "aria-labelledby": "said" }, h("h2", { id: "said" }, "What was said"), transcript(call)),
    h("section", { "aria-labelledby": "events" }, h("h2", { id: "events" }, "Events"), events(call)),
  ];
}

function head(call) {
  const state = stateMark();
  state.set(TONES[call.state], call.state === "ended" ? call.end_reason || "ended" : call.state);
  const seconds = call.answered_s === null || call.ended_s === null ? null : call.ended_s - call.answered_s;
  const facts = [
    ["Caller", call.peer], ["Began", date(call.started_at)], ["Length", duration(seconds)], ["Codec", call.codec || "–"],
    ["Number", String(call.call_id)],
  ];
  const download = (kind, name) => h("a", { class: "button", href: `/api/calls/${call.call_uuid}/call.${kind}`, download: true }, name);
  return h("div", {},
    h("p", { class: "back" }, h("a", { href: "/calls" }, "← All calls")),
    h("div", { class: "title" }, h("h1", {}, caller(call.peer)), state.element),
    h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    h("p", { class: "buttons" }, download("txt", "Download text"), download("json", "Download JSON")));
}

const spokenTurns = (call) => call.turns.filter((turn) => turn.turn > 0 || turn.clauses > 0);

// Where an answer began to be heard: its wait after the caller's last sound.
function answerFrom(turn) {
  const sound = turn.waterfall.find((bar) => bar.name === "first sound");
  return sound && turn.said_to_s !== null ? turn.said_to_s + sound.ms / 1000 : turn.turn === 0 ? turn.at_s : null;
}

function timeLine(call) {
  const ends = call.turns.flatMap((turn) => [turn.said_to_s, answerFrom(turn) === null ? null : answerFrom(turn) + turn.heard_s]);
  const length = Math.max(1, call.ended_s ?? 0, ...ends.filter((end) => end !== null), ...call.events.map((event) => event.at_s));
  const share = (seconds) => `${(100 * Math.max(0, Math.min(seconds, length))) / length}%`;
  const bar = (className, from, to, turn, label) => {
    const element = h("a", { class: `bar ${className}`, href: `#turn-${turn.turn}`, title: label, "aria-label": label });
    element.style.left = share(from);
    element.style.width = share(Math.max(to - from, length / 300));
    return element;
  };
  const said = call.turns.filter((turn) => turn.said_from_s !== null).map((turn) =>
    bar("caller", turn.said_from_s, turn.said_to_s, turn, `${clock(turn.said_from_s)} caller, turn ${turn.turn}`));
  const answers = call.turns.filter((turn) => answerFrom(turn) !== null && turn.heard_s > 0).map((turn) =>
    bar("agent", answerFrom(turn), answerFrom(turn) + turn.heard_s, turn, `${clock(answerFrom(turn))} agent, turn ${turn.turn}`));
  const ticks = call.events.map((event) => {
    const element = h("span", { class: "tick", title: `${clock(event.at_s)} ${event.kind}` });
    element.style.left = share(event.at_s);
    return element;
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => h("span", {}, clock(part * length)));
  const lane = (name, bars) => [h("span", { class: "lane-name" }, name), h("div", { class: "lane" }, bars)];
  return h("section", { class: "time-line", "aria-label": "Time line" },
    lane("caller", said), lane("agent", answers), lane("events", ticks), recording(call, length, markTurn(call)), h("span"), h("div", { class: "axis", "aria-hidden": "true" }, marks));
}

// Marks the turn that is being heard.
function markTurn(call) {
  let marked = null;
  return (at) => {
    const turn = at > (call.answered_s ?? 0) ? call.turns.findLast((one) => one.at_s !== null && one.at_s <= at) : null;
    if (turn === marked) return;
    document.getElementById(`turn-${marked?.turn}`)?.classList.remove("heard-now");
    marked = turn;
    document.getElementById(`turn-${marked?.turn}`)?.classList.add("heard-now");
  };
}

function transcript(call) {
  const turns = spokenTurns(call);
  if (!turns.length) return empty("Nothing was said.");
  const more = call.turns_left_out ? h("p", { class: "muted" }, `${count(call.turns_left_out, "further turn")}: download the text.`) : null;
  return h("div", {}, h("ol", { class: "turns" }, turns.map(turnOf)), more);
}

function turnOf(turn) {
  const words = (text) => text || "(words are not kept: journal.store_text)";
  const heard = turn.clauses && turn.clauses_heard < turn.clauses ? `heard ${turn.clauses_heard} of ${count(turn.clauses, "clause")}` : "";
  const notes = [heard, turn.ends_call ? "ends the call" : "", turn.is_cut ? "long text: the download has all of it" : ""].filter(Boolean);
  return h("li", { id: `turn-${turn.turn}`, class: "turn" },
    h("div", { class: "at" }, h("span", {}, clock(turn.at_s)), h("span", { class: "muted" }, turn.turn ? `turn ${turn.turn}` : "greeting")),
    h("div", { class: "talk" },
      turn.turn ? h("p", { class: "bubble caller" }, h("span", { class: "who" }, turn.is_typed ? "caller, typed" : "caller"), words(turn.caller_text)) : null,
      turn.clauses ? h("p", { class: "bubble agent" }, h("span", { class: "who" }, "agent"), words(turn.reply_text)) : null,
      notes.length ? h("p", { class: "muted" }, notes.join(" · ")) : null),
    turn.waterfall.length ? waterfall(turn) : h("div"));
}

function waterfall(turn) {
  const length = Math.max(1, ...turn.waterfall.map((bar) => bar.from_ms + bar.ms));
  const lines = turn.waterfall.map((bar) => {
    const element = h("span", { class: `bar ${bar.name.replace(/ /g, "-")}` });
    element.style.left = `${(100 * bar.from_ms) / length}%`;
    element.style.width = `${(100 * bar.ms) / length}%`;
    return [h("dt", {}, bar.name), h("dd", {}, h("span", { class: "lane" }, element), h("span", { class: "figures" }, `${bar.ms} ms`))];
  });
  return h("dl", { class: "waterfall", "aria-label": `After the caller's last sound, turn ${turn.turn}` }, lines);
}

function events(call) {
  if (!call.events.length) return empty("Nothing happened but talk.");
  const list = table("Events", ["At", "Service", "Event", "Details"], true);
  list.body.append(...call.events.map((event) => list.row([
    h("span", { class: "figures" }, clock(event.at_s)), event.service, event.kind,
    h("code", {}, Object.entries(event.detail).map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(" · ")),
  ])));
  return list.element;
}
