// The Line page: who is there, what is connected to what, who calls, what has just changed.

import { post, stream } from "./api.js";
import { announce, confirmed, empty, h, say, showProblem, stateMark, table } from "./dom.js";
import { caller, count, date, ms, now } from "./format.js";
import { Picture } from "./picture.js";

const KEPT_CHANGES = 30;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const DEEDS = { restart: "Restart", kill: "Kill", freeze: "Freeze" };
const DONE = { restart: "is started again", kill: "was killed", freeze: "was frozen" };

export function show(main) {
  const address = h("span", {}, "Asking the services…");
  const phone = h("a", { hidden: true }, "call from this browser");
  const summary = stateMark();
  const picture = new Picture((action, box) => act(action, box, changes));
  const calls = h("div", { class: "calls-now" });
  const connections = new Connections();
  const changes = new Changes();
  main.replaceChildren(
    h("div", { class: "title" }, h("h1", {}, "Line"), summary.element),
    h("p", { class: "lead" }, address, " ", phone), picture.element,
    h("div", { class: "two" },
      h("section", { "aria-labelledby": "calls-now" }, h("h2", { id: "calls-now" }, "Calls now"), calls),
      h("section", { "aria-labelledby": "changes" }, h("h2", { id: "changes" }, "What has changed"), changes.element)),
    h("section", { "aria-labelledby": "connections" }, h("h2", { id: "connections" }, "Connections"), connections.element),
  );
  stream("/api/line", (data) => {
    showProblem(data.error);
    if (data.error) return;
    say(address, data.sip_uri ? `Dial ${data.sip_uri}`
      : data.is_gateway_asked ? "Asking the services…" : "The gateway does not answer: nobody can call now.");
    // The telephone's page is for browsers on its own machine.
    phone.hidden = !(data.phone && data.sip_uri && LOOPBACK.has(location.hostname));
    if (!phone.hidden && phone.href !== data.phone) phone.href = data.phone;
    summary.set(...wholeState(data));
    picture.update(data);
    connections.update(data.arrows);
    changes.update(data);
    showCalls(calls, data);
  }, showProblem);
}

function wholeState(data) {
  const bad = data.boxes.filter((box) => box.tone === "bad").map((box) => box.service);
  if (bad.length) return ["bad", `${bad.join(", ")}: not there`];
  const waiting = data.boxes.filter((box) => box.tone === "waiting").map((box) => box.service);
  if (waiting.length) return ["waiting", `${waiting.join(", ")}: not ready yet`];
  return ["good", "all services are ready"];
}

async function act(action, box, changes) {
  if (box.column === 0 && !(await confirmed(
    `Calls live in the ${box.service}: this ends all of them.`, `${DEEDS[action]} ${box.service}`))) return;
  try {
    await post(`/api/services/${encodeURIComponent(box.service)}/${action}`);
    changes.add("idle", `${box.service} ${DONE[action]}, as you wished`);
    showProblem("");
  } catch (error) {
    showProblem(error.message);
  }
}

function showCalls(element, data) {
  if (data.is_gateway_asked) return;
  const shown = JSON.stringify([data.calls, Boolean(data.sip_uri)]);
  if (element.dataset.shown === shown && element.childElementCount) return;
  element.dataset.shown = shown;
  if (!data.calls.length) {
    element.replaceChildren(empty(data.sip_uri ? "Nobody calls. Dial the address above." : "Nobody can call now."));
    return;
  }
  element.replaceChildren(h("ul", { class: "plain" }, data.calls.map((call) => h("li", {},
    h("a", { href: `/calls/${encodeURIComponent(call.call_uuid || "")}` }, caller(call.peer)),
    ` ${call.state}${call.waiting_for ? `, waits for ${call.waiting_for}` : ""} · since ${date(call.started)} · ${count(call.turns, "turn")}${call.codec ? ` · ${call.codec}` : ""}`))));
}

// All connections as a table: the picture in words.
class Connections {
  constructor() {
    this.table = table("Connections", ["Connection", "State", "Round trip", "To open", "Attempts", "Lost", "Last gap"]);
    this.element = this.table.element;
    this.rows = new Map();
  }

  update(arrows) {
    if (arrows.some((arrow) => !this.rows.has(arrow.name)) || arrows.length !== this.rows.size) {
      this.rows = new Map(arrows.map((arrow) => [arrow.name, this.row(arrow)]));
      this.table.body.replaceChildren(...[...this.rows.values()].map((row) => row.element));
    }
    for (const arrow of arrows) this.rows.get(arrow.name).set(arrow);
  }

  row(arrow) {
    const state = stateMark();
    const figures = Array.from({ length: 5 }, () => h("span", { class: "figures" }));
    const name = h("span", { title: arrow.payload }, h("span", { class: "badge" }, String(arrow.number)), ` ${arrow.name}`);
    const udp = arrow.transport === "udp" ? h("span", { class: "muted" }, " UDP") : null;
    const element = this.table.row([h("span", {}, name, udp), state.element, ...figures]);
    return {
      element,
      set(now) {
        const calls = now.calls > 1 ? ` (${count(now.calls, "call")})` : "";
        state.set(now.tone, `${now.word}${calls}`);
        state.element.title = now.last_error || "";
        const texts = [ms(now.round_trip_ms), ms(now.established_ms), now.attempts ?? "–", now.losses ?? "–", ms(now.gap_ms)];
        texts.forEach((text, index) => say(figures[index], String(text)));
      },
    };
  }
}

// What has changed since the page was opened, the newest first; read out, but never in the way.
class Changes {
  constructor() {
    this.list = h("ol", { class: "plain changes", tabindex: "0", "aria-label": "What has changed" });
    this.none = empty("Nothing since this page was opened.");
    this.element = h("div", { class: "changes-frame" }, this.none, this.list);
    this.known = null;
  }

  update(data) {
    // Who answers late when this page was opened has not changed.
    if (data.boxes.some((box) => box.is_asked)) return;
    const words = new Map();
    for (const box of data.boxes) words.set(box.service, { tone: box.tone, text: box.word });
    for (const arrow of data.arrows) {
      // A call that comes or goes opens and ends connections; only losses and repairs are news.
      words.set(arrow.name, { tone: arrow.tone, text: arrow.word, isArrow: true, gapMs: arrow.gap_ms, losses: arrow.losses });
    }
    if (this.known) for (const [name, state] of words) this.compare(name, this.known.get(name), state);
    this.known = words;
  }

  compare(name, before, after) {
    if (!before) return;
    if (!after.isArrow) {
      if (before.text !== after.text) this.add(after.tone, `${name}: ${after.text}`);
      return;
    }
    if (after.tone === "bad" && before.tone !== "bad") this.add("bad", `${name}: ${after.text}`);
    else if (after.tone === "good" && (after.losses || 0) > 0 && (before.tone !== "good" || after.losses > (before.losses || 0))) {
      this.add("good", `${name}: healed after ${ms(after.gapMs)}`);
    }
  }

  add(tone, text) {
    this.none.hidden = true;
    const state = stateMark();
    state.set(tone, text);
    this.list.prepend(h("li", {}, h("time", {}, now()), " ", state.element));
    while (this.list.childElementCount > KEPT_CHANGES) this.list.lastElementChild.remove();
    announce(text);
  }
}
