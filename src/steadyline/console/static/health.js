// The Health page: how long callers waited, how many there were, what was started again.

import { get, repeat, stream } from "./api.js";
import { empty, h, say, showProblem, table } from "./dom.js";
import { hour, ms } from "./format.js";

const EVERY_MS = 30000;
const NAMES = {
  first_audio: "Wait for the answer, from the caller's last sound",
  transcription: "Transcription",
  first_clause: "First clause of the answer",
};

export function show(main) {
  const tiles = { wait50: tile("half of all waits are below"), wait95: tile("95 % of all waits are below"), calls: tile("calls in 24 hours"), peak: tile("calls at once, at most"), now: tile("calls now"), restarts: tile("restarts since the start") };
  const waits = h("div");
  const hours = h("div");
  const services = h("div");
  main.replaceChildren(
    h("h1", {}, "Health"), h("p", { class: "lead" }, "The last 24 hours."),
    h("div", { class: "tiles" }, Object.values(tiles).map((one) => one.element)),
    h("section", { "aria-labelledby": "by-hour" }, h("h2", { id: "by-hour" }, "Wait for the answer, hour by hour"), hours),
    h("section", { "aria-labelledby": "waits" }, h("h2", { id: "waits" }, "Waits"), waits),
    h("section", { "aria-labelledby": "services" }, h("h2", { id: "services" }, "Metrics"), services),
  );
  stream("/api/line", (data) => {
    if (data.error) return;
    tiles.now.set(data.max_calls ? `${data.calls.length} of ${data.max_calls}` : String(data.calls.length));
    const known = data.boxes.filter((box) => box.restarts !== null);
    const again = known.filter((box) => box.restarts > 0);
    tiles.restarts.set(known.length ? String(known.reduce((sum, box) => sum + box.restarts, 0)) : "–");
    tiles.restarts.explain(again.map((box) => `${box.service} ${box.restarts}`).join(", "));
  }, showProblem);
  return repeat(async () => {
    const data = await get("/api/health").catch((error) => showProblem(error.message));
    if (!data) return;
    const wait = data.waits.find((one) => one.name === "first_audio");
    tiles.wait50.set(ms(wait.p50_ms));
    tiles.wait95.set(ms(wait.p95_ms));
    tiles.calls.set(String(data.calls));
    tiles.peak.set(String(data.calls_at_once));
    waits.replaceChildren(waitTable(data.waits));
    hours.replaceChildren(wait.count ? chart(data.by_hour) : empty("Nobody has waited for an answer yet. Call the line, and say something."));
    services.replaceChildren(metrics(data.metrics));
  }, EVERY_MS);
}

function tile(name) {
  const value = h("span", { class: "value" }, "–");
  const note = h("span", { class: "note" });
  return { element: h("div", { class: "tile" }, value, h("span", { class: "what" }, name), note), set: (text) => say(value, text), explain: (text) => say(note, text) };
}

function waitTable(waits) {
  const list = table("Waits", ["What", "p50", "p95", "Turns"]);
  list.body.append(...waits.map((one) => list.row([NAMES[one.name], ms(one.p50_ms), ms(one.p95_ms), String(one.count)])));
  return list.element;
}

function chart(hours) {
  const highest = Math.max(...hours.map((one) => one.p95_ms || 0));
  const columns = hours.map((one) => {
    const label = one.count ? `${hour(one.from)}: p50 ${ms(one.p50_ms)}, p95 ${ms(one.p95_ms)}, ${one.calls} calls` : `${hour(one.from)}: no call`;
    const bars = ["p95", "p50"].map((name) => {
      const bar = h("span", { class: name });
      bar.style.height = `${(100 * (one[`${name}_ms`] || 0)) / highest}%`;
      return bar;
    });
    return h("div", { class: "column", title: label }, bars);
  });
  const marks = hours.filter((_, index) => index % 6 === 0).map((one) => h("span", {}, hour(one.from)));
  const list = table("Hour by hour", ["From", "p50", "p95", "Calls", "At once"]);
  list.body.append(...hours.filter((one) => one.calls).map((one) => list.row([hour(one.from), ms(one.p50_ms), ms(one.p95_ms), String(one.calls), String(one.calls_at_once)])));
  return h("div", {},
    h("div", { class: "chart-frame" }, h("span", { class: "muted" }, ms(highest)), h("div", { class: "chart", "aria-hidden": "true" }, columns), h("div", { class: "axis", "aria-hidden": "true" }, marks, h("span", {}, "now"))),
    h("p", { class: "muted key" }, h("span", { class: "swatch p50" }), " p50 ", h("span", { class: "swatch p95" }), " p95"),
    h("details", {}, h("summary", {}, "As a table"), list.element));
}

function metrics(addresses) {
  return h("ul", { class: "links" }, addresses.map((one) => h("li", {}, h("a", { href: one.url, rel: "noreferrer" }, one.service))));
}
