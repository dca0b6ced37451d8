// Notes when the Line page shows another word for a service, a connection or in its list of changes: window.noted is a
// list of [Unix time in milliseconds, whose, word].
const known = new Map();
window.noted = [];
function note() {
  const at = performance.timeOrigin + performance.now();
  const show = (whose, word) => {
    if (known.get(whose) === word) return;
    known.set(whose, word);
    window.noted.push([at, whose, word]);
  };
  for (const box of document.querySelectorAll(".box")) show(box.querySelector("h2").textContent, box.querySelector(".word").textContent);
  for (const row of document.querySelectorAll("tbody tr")) {
    show(row.cells[0].querySelector("span[title]").lastChild.textContent.trim(), row.querySelector(".word").textContent);
  }
  const newest = document.querySelector(".changes li .word");
  if (newest) show("changes", newest.textContent);
}
new MutationObserver(note).observe(document.querySelector("main"), { subtree: true, childList: true, characterData: true, attributes: true });
note();
