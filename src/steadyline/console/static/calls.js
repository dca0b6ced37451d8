// The Calls page: live and past calls, the latest first, a page at a time.

import { get, repeat } from "./api.js";
import { empty, h, showProblem, stateMark, table } from "./dom.js";
import { caller, count, date, duration } from "./format.js";

const EVERY_MS = 4000;
const TONES = { live: "good", ended: "idle", "cut off": "bad" };

export function show(main) {
  const list = table("Calls", ["When", "Caller", "State", "Length", "Turns", "Ended because"], true);
  const none = empty("No call yet.", "Dial the address on the Line page, or run: steadyline call --say question.wav");
  const more = h("button", { type: "button", hidden: true }, "Show older calls");
  const first = h("tbody");
  list.body.replaceWith(first);
  list.element.hidden = none.hidden = true;
  main.replaceChildren(h("h1", {}, "Calls"), none, list.element, more);
  let next = null;
  let shown = "";
  let isPaged = false;

  async function newest() {
    const page = await get("/api/calls").catch((error) => showProblem(error.message));
    if (!page) return;
    showProblem("");
    const text = JSON.stringify(page.calls);
    if (text === shown || isPaged) return;
    shown = text;
    first.replaceChildren(...page.calls.map((call) => row(list, call)));
    none.hidden = page.calls.length > 0;
    list.element.hidden = !page.calls.length;
    next = page.next;
    more.hidden = !next;
  }

  more.addEventListener("click", async () => {
    more.disabled = true;
    const page = await get(`/api/calls?before=${encodeURIComponent(next)}`).catch((error) => showProblem(error.message));
    more.disabled = false;
    if (!page) return;
    isPaged = true;
    const rows = page.calls.map((call) => row(list, call));
    first.append(...rows);
    rows[0]?.querySelector("a").focus();
    next = page.next;
    more.hidden = !next;
  });
  return repeat(newest, EVERY_MS);
}

function row(list, call) {
  const state = stateMark();
  state.set(TONES[call.state], call.state);
  const length = call.ended_at !== null && call.answered_at !== null ? duration(call.ended_at - call.answered_at) : "–";
  const answered = call.answered_at === null && call.ended_at !== null ? "not answered" : length;
  return list.row([
    h("a", { href: `/calls/${call.call_uuid}` }, date(call.started_at)),
    h("span", { class: "clip", title: call.peer }, caller(call.peer)),
    state.element, answered, count(call.turns, "turn"), h("span", { class: "clip" }, call.end_reason || "–"),
  ]);
}
