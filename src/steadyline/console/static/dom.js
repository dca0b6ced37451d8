// Building a page out of elements and text. What callers say comes through here, and only ever as text.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// Sets a text only when it is another one, so that a screen reader is not told the same again.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function announce(text) {
  say(document.getElementById("said"), text);
}

export function showProblem(text) {
  const problem = document.getElementById("problem");
  say(problem, text || "");
  problem.hidden = !text;
}

const MARKS = { good: "●", waiting: "◐", bad: "✖", idle: "○" };

// A state in word, shape and colour.
export function stateMark() {
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const word = h("span", { class: "word" });
  const element = h("span", { class: "state" }, mark, word);
  return {
    element,
    set(tone, text) {
      element.dataset.tone = tone;
      say(mark, MARKS[tone]);
      say(word, text);
    },
  };
}

// A table whose cells know their column, so that narrow screens can show each row as a card.
// `hasLongEnd`: the last one is long, and gets a line of its own there.
export function table(caption, columns, hasLongEnd = false) {
  const body = h("tbody");
  const element = h(
    "table", { class: hasLongEnd ? "long-end" : null }, h("caption", { class: "unseen" }, caption),
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))), body,
  );
  const row = (cells, attributes = {}) =>
    h("tr", attributes, cells.map((cell, index) => h("td", { "data-label": columns[index] }, cell)));
  return { element, body, row };
}

export function empty(...lines) {
  return h("div", { class: "empty" }, lines.map((line) => h("p", {}, line)));
}

// Asks before what ends calls.
export function confirmed(text, deed) {
  const dialog = document.getElementById("ask");
  dialog.querySelector("p").textContent = text;
  dialog.querySelector("[value=yes]").textContent = deed;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
