// The picture of the system: boxes are HTML, arrows SVG behind them. Where what stands comes from the console as columns
// and rows; this turns them into places for the width that there is, and keeps the words and colours up to date.

import { h, say, stateMark, svg } from "./dom.js";
import { duration, ms } from "./format.js";

const WIDE_FROM = 860;
const WIDE = { box: 172, caller: 116, height: 126, step: 176, gap: 0 };
const TALL = { height: 146, step: 226, gap: 10, caller: 140 };
const ACTION_NAMES = { restart: "Restart", kill: "Kill", freeze: "Freeze" };
const CALLER = { role: "caller", service: "caller", column: -1, row: 0 };
const CALLER_ARROW = { name: "caller ⇄ gateway", number: "", transport: "sip", isBoth: true };

export class Picture {
  constructor(act) {
    this.act = act;
    this.boxes = new Map();
    this.arrows = new Map();
    this.lines = svg("svg", { class: "arrows", "aria-hidden": "true" });
    this.list = h("ol", { class: "boxes", "aria-label": "Services" });
    this.element = h("div", { class: "picture" }, this.lines, this.list);
    this.shape = "";
    new ResizeObserver(() => this.place()).observe(this.element);
  }

  update(data) {
    const line = data.boxes.find((box) => box.column === 0);
    const shape = JSON.stringify([data.boxes.map((box) => box.service), data.arrows.map((arrow) => arrow.name), data.actions]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.build(data, line);
    }
    for (const box of data.boxes) this.boxes.get(box.role).set(box);
    const calls = data.calls.length;
    const word = calls ? (calls === 1 ? "1 call" : `${calls} calls`) : "nobody calls";
    this.boxes.get("caller").set({ word, tone: calls ? "good" : "idle", faults: [] });
    for (const arrow of data.arrows) this.arrows.get(arrow.name).set(arrow);
    const codecs = [...new Set(data.calls.map((call) => call.codec).filter(Boolean))].join(", ");
    this.arrows.get(CALLER_ARROW.name).set({ word: codecs || "no call", tone: calls ? "good" : "idle" });
  }

  build(data, line) {
    this.boxes = new Map([CALLER, ...data.boxes].map((box) => [box.role, new Box(box, data.actions, this.act)]));
    const first = { ...CALLER_ARROW, from: "caller", to: line.role };
    this.arrows = new Map([first, ...data.arrows].map((arrow) => [arrow.name, new Arrow(arrow)]));
    this.list.replaceChildren(...[...this.boxes.values()].map((box) => box.element));
    this.lines.replaceChildren(...[...this.arrows.values()].map((arrow) => arrow.element));
    this.place();
  }

  place() {
    const width = this.element.clientWidth;
    if (!width || !this.boxes.size) return;
    const isWide = width >= WIDE_FROM;
    this.element.classList.toggle("wide", isWide);
    const boxes = [...this.boxes.values()];
    const height = isWide ? placeWide(boxes, width) : placeTall(boxes, width);
    this.element.style.height = `${height}px`;
    this.lines.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const box of boxes) box.move();
    const ends = sides([...this.arrows.values()], this.boxes, isWide);
    for (const arrow of this.arrows.values()) arrow.draw(ends.get(arrow.name), isWide);
  }
}

function rowsOf(boxes) {
  const rows = new Map();
  for (const box of boxes) rows.set(box.column, Math.max(rows.get(box.column) || 0, box.row + 1));
  return rows;
}

// Columns from left to right, each centred.
function placeWide(boxes, width) {
  const rows = rowsOf(boxes);
  const most = Math.max(...rows.values());
  const last = Math.max(...rows.keys());
  const height = (most - 1) * WIDE.step + WIDE.height + 24;
  const gap = (width - WIDE.caller - (last + 1) * WIDE.box) / (last + 1);
  for (const box of boxes) {
    const isCaller = box.column < 0;
    box.width = isCaller ? WIDE.caller : WIDE.box;
    box.height = isCaller ? 76 : WIDE.height;
    box.x = isCaller ? 0 : WIDE.caller + gap + box.column * (WIDE.box + gap);
    box.y = height / 2 + (box.row - (rows.get(box.column) - 1) / 2) * WIDE.step - box.height / 2;
  }
  return height;
}

// The same from top to bottom, for narrow screens.
function placeTall(boxes, width) {
  const rows = rowsOf(boxes);
  const most = Math.max(...rows.values());
  const boxWidth = Math.min(190, (width - (most - 1) * TALL.gap) / most);
  const share = (width - boxWidth) / Math.max(1, most - 1);
  let bottom = 0;
  for (const box of boxes) {
    const isCaller = box.column < 0;
    box.width = isCaller ? Math.min(TALL.caller, width) : boxWidth;
    box.height = isCaller ? 76 : TALL.height;
    box.x = width / 2 + (box.row - (rows.get(box.column) - 1) / 2) * Math.min(share, boxWidth + 60) - box.width / 2;
    box.y = isCaller ? 0 : 76 + (TALL.step - TALL.height) + box.column * TALL.step;
    bottom = Math.max(bottom, box.y + box.height);
  }
  return bottom + 8;
}

// Where each arrow leaves and arrives: the arrows at one side of a box share it evenly, in the order of their other ends.
function sides(arrows, boxes, isWide) {
  const bySide = new Map();
  const ends = new Map();
  for (const arrow of arrows) {
    const here = boxes.get(arrow.from);
    const there = boxes.get(arrow.to);
    ends.set(arrow.name, {});
    for (const [which, box, other] of [["from", here, there], ["to", there, here]]) {
      const isBefore = other.column === box.column ? other.row < box.row : other.column < box.column;
      const isAcross = other.column === box.column;
      const key = `${box.role} ${isAcross} ${isBefore}`;
      if (!bySide.has(key)) bySide.set(key, []);
      bySide.get(key).push({ arrow, which, box, other, isBefore, isVertical: isWide === isAcross });
    }
  }
  for (const side of bySide.values()) {
    side.sort((one, two) => (isWide ? one.other.y - two.other.y : one.other.x - two.other.x));
    side.forEach(({ arrow, which, box, isBefore, isVertical }, index) => {
      const share = (index + 1) / (side.length + 1);
      ends.get(arrow.name)[which] = isVertical
        ? { x: box.x + share * box.width, y: box.y + (isBefore ? 0 : box.height) }
        : { x: box.x + (isBefore ? 0 : box.width), y: box.y + share * box.height };
    });
  }
  return ends;
}

class Box {
  constructor(box, actions, act) {
    Object.assign(this, { role: box.role, column: box.column, row: box.row });
    this.state = stateMark();
    this.more = h("p", { class: "more" });
    const buttons = box.column < 0 ? [] : actions.map((action) => button(action, box, act));
    const name = h("h2", {}, box.service);
    this.element = h(
      "li", { class: "box" }, h("div", { class: "name" }, name), this.state.element,
      box.column < 0 ? null : this.more, buttons.length ? h("div", { class: "buttons" }, buttons) : null,
    );
  }

  set(box) {
    this.element.dataset.tone = box.tone;
    this.state.set(box.tone, box.word);
    const restarts = box.restarts ? ` · ${box.restarts}× restarted` : "";
    const fault = box.faults.length ? ` · ${box.faults[0]}` : "";
    say(this.more, box.uptime_s === null || box.uptime_s === undefined ? restarts.slice(3) : `up ${duration(box.uptime_s)}${restarts}${fault}`);
    this.element.title = [box.word, ...box.faults].join("\n");
  }

  move() {
    const style = this.element.style;
    style.left = `${this.x}px`;
    style.top = `${this.y}px`;
    style.width = `${this.width}px`;
    style.height = `${this.height}px`;
  }
}

function button(action, box, act) {
  const isDrill = action !== "restart";
  return h(
    "button", {
      type: "button", class: isDrill ? "small danger" : "small", "aria-label": `${ACTION_NAMES[action]} ${box.service}`,
      onclick: () => act(action, box),
    },
    ACTION_NAMES[action],
  );
}

class Arrow {
  constructor(arrow) {
    Object.assign(this, { name: arrow.name, from: arrow.from, to: arrow.to });
    this.isBoth = Boolean(arrow.isBoth);
    this.line = svg("path", { class: arrow.transport === "udp" ? "line udp" : "line" });
    this.heads = svg("path", { class: "head" });
    this.circle = svg("circle", { r: 9 });
    this.number = svg("text", { class: "number", "text-anchor": "middle", "dominant-baseline": "central" }, String(arrow.number));
    this.word = svg("text", { class: "label", "text-anchor": "middle" });
    const hasNumber = arrow.number !== "";
    this.element = svg("g", { class: "arrow" }, this.line, this.heads, this.word, hasNumber ? [this.circle, this.number] : []);
  }

  set(arrow) {
    this.element.dataset.tone = arrow.tone;
    const isKnown = arrow.round_trip_ms !== null && arrow.round_trip_ms !== undefined;
    say(this.word, isKnown ? `${arrow.word} ${ms(arrow.round_trip_ms)}` : arrow.word);
  }

  draw({ from, to }, isWide) {
    this.line.setAttribute("d", `M${from.x} ${from.y}L${to.x} ${to.y}`);
    this.heads.setAttribute("d", head(from, to) + (this.isBoth ? head(to, from) : ""));
    const x = (from.x + to.x) / 2;
    const y = (from.y + to.y) / 2;
    this.circle.setAttribute("cx", x);
    this.circle.setAttribute("cy", y);
    for (const [text, below] of [[this.number, 0], [this.word, 20]]) {
      text.setAttribute("x", x);
      text.setAttribute("y", y + below);
    }
    this.element.classList.toggle("terse", !isWide && this.number.textContent !== "");
  }
}

// A triangle at the end of a line.
function head(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const [backX, backY] = [to.x - 10 * dx, to.y - 10 * dy];
  return `M${to.x} ${to.y}L${backX - 5 * dy} ${backY + 5 * dx}L${backX + 5 * dy} ${backY - 5 * dx}z`;
}
