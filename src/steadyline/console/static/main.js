// Which page an address is. A further page is a line here, a link in index.html and a route in routes.py.

import { post } from "./api.js";
import { showProblem } from "./dom.js";

const PAGES = [
  [/^\/$/, "Line", () => import("./line.js")],
  [/^\/calls$/, "Calls", () => import("./calls.js")],
  [/^\/calls\/([0-9A-Za-z-]+)$/, "Call", () => import("./call.js")],
  [/^\/health$/, "Health", () => import("./health.js")],
  [/^\/settings$/, "Settings", () => import("./settings.js")],
];

for (const link of document.querySelectorAll("nav a")) {
  const path = link.getAttribute("href");
  if (path === location.pathname || (path !== "/" && location.pathname.startsWith(path))) {
    link.setAttribute("aria-current", "page");
  }
}

document.getElementById("log-out").addEventListener("click", () => post("/api/logout").then(() => location.assign("/login")));

const main = document.getElementById("main");
for (const [pattern, name, load] of PAGES) {
  const found = pattern.exec(location.pathname);
  if (!found) continue;
  document.title = `${name} · Steadyline`;
  load()
    .then((page) => page.show(main, ...found.slice(1)))
    .catch((error) => showProblem(error.message));
}
