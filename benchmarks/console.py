"""The console under load: its lists, its pages in Chromium, the calls' sound beside it, and how soon it shows a kill."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.e2e.chromium import Chromium
from tests.e2e.console_kills import line_page

from benchmarks.console_load import Lookers, fill_journal, first_picture_ms, lists_of, timed
from benchmarks.figures import Figure, Measured, at_percent, largest, median
from benchmarks.measurement import Measurement, Progress, Request
from steadyline.bench.capacity.crowds import Crowds
from steadyline.bench.capacity.instant_engines import INSTANT_SETTINGS
from steadyline.bench.capacity.reception import percentile_ms
from steadyline.drills.real_system import DrillError, RealSystem

LIVE_CALLS = 20
PAST_CALLS = 10_000
REQUESTS = 40
LIST_BOUND_MS = 300.0
VIEW_BOUND_MS = 1000.0
WEIGHT_BOUND_KB = 300.0
SHOWN_BOUND_MS = 1000.0
SETTLE_S = 6.0
WINDOW_S = 15.0
CONSOLE_DEADLINE_S = 30.0
SETTINGS = (
    *INSTANT_SETTINGS,
    f"gateway.max_calls={LIVE_CALLS}",
    "gateway.call_id_rest_s=0",
    "llama.greeting=Hello, how can I help you today?",
    "console.enabled=true",
)
YARDSTICK = "two words"
ONE_CALL, ALL_CALLS = "one call", f"{LIVE_CALLS} calls"
VIEWS = 5
"""So often each page is opened in each run."""
VICTIMS = ("inbound", "whisper", "llama", "tts", "outbound")
VIEWED = """
return new Promise((resolve) => {
  let largest = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) largest = one.startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => {
    const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    resolve([largest, loaded.reduce((sum, one) => sum + one.transferSize, 0)]);
  }, 1500);
});
"""


def measure(request: Request) -> Measured:
    """Each run is a kill of every service, and a window without and with lookers; the lists are asked once for all runs."""
    return asyncio.run(_measure(request))


async def _measure(request: Request) -> Measured:
    with tempfile.TemporaryDirectory(prefix="steadyline-console-") as place:
        raw = await _under_load(Path(place), request)
        raw["kills"] = await _kills(Path(place) / "kills", request)
    lists: dict[str, list[float]] = raw["list_ms"]
    figures: list[Figure] = []
    for name, values in lists.items():
        figures += [median(name, values, "ms", LIST_BOUND_MS), at_percent(name, values, 95, "ms", LIST_BOUND_MS)]
    for beside, views in raw["view_ms"].items():
        for name, values in views.items():
            bound = VIEW_BOUND_MS if beside == ONE_CALL and name != YARDSTICK else None
            figures.append(largest(f"first view of {name}, {beside}", values, "ms", bound))
    weights = [weight for values in raw["page_kb"].values() for weight in values]
    figures.append(largest("weight of a page", weights, "kB", WEIGHT_BOUND_KB))
    for state, windows in raw["pacing"].items():
        figures.append(median(f"packets 20 ms ±, p99, {state}", [one["p99_ms"] for one in windows], "ms"))
    figures += _shown(raw["kills"])
    return Measured(raw, tuple(figures))


def _shown(kills: list[dict[str, Any]]) -> list[Figure]:
    figures = []
    for event in ("lost", "healed"):
        values = [one[f"{event}_ms"] for one in kills if one[f"{event}_ms"] is not None]
        name = f"a connection was {event}, the page shows it"
        figures += [median(name, values, "ms"), largest(name, values, "ms", SHOWN_BOUND_MS)]
    return figures


async def _under_load(place: Path, request: Request) -> dict[str, Any]:
    # Before the calls: a browser's start takes both cores for seconds, and is no part of a page's view.
    browser = await asyncio.to_thread(Chromium, place / "profile", None, has_strangers=True)
    with browser:
        return await _beside_calls(place, request, browser)


async def _beside_calls(place: Path, request: Request, browser: Chromium) -> dict[str, Any]:
    async with _system(place / "load") as (system, crowds, past_call):
        port = system.config.console.port
        views: dict[str, dict[str, list[float]]] = {}
        weights: dict[str, list[float]] = {}
        for beside, calls in ((ONE_CALL, 1), (ALL_CALLS, LIVE_CALLS)):
            await _have_calls(system, crowds, calls)
            views[beside], weights = await asyncio.to_thread(_views, browser, port, past_call, request.runs * VIEWS)
            request.progress(f"first views, {beside}: {views[beside]} ms")
        paths = await asyncio.to_thread(lists_of, port, past_call)
        lists = {name: await asyncio.to_thread(timed, port, path, REQUESTS) for name, path in paths.items()}
        lists["line, first picture"] = [await asyncio.to_thread(first_picture_ms, port) for _ in range(REQUESTS)]
        await _check_calls(system)
        request.progress("lists: " + ", ".join(f"{name} {max(values):.0f} ms" for name, values in lists.items()))
        pacing: dict[str, list[dict[str, Any]]] = {"console closed": [], "console open": []}
        for _ in range(request.runs):
            for state, windows in pacing.items():
                windows.append(await _window(crowds, port, [*paths.values()] if state == "console open" else []))
                await _check_calls(system)
                request.progress(f"{state}: packets 20 ms ± {windows[-1]['p99_ms']} ms")
    return {"list_ms": lists, "view_ms": views, "page_kb": weights, "pacing": pacing}


async def _have_calls(system: RealSystem, crowds: Crowds, count: int) -> None:
    answered, _ = await crowds.have(count)
    if answered < count:
        raise system.failed(f"{answered} of {count} calls are answered")
    await asyncio.sleep(SETTLE_S)


async def _check_calls(system: RealSystem) -> None:
    """All of them are still there, or what was measured is not what it says.

    Raises:
        DrillError: some have ended.
    """
    status = await system.status_of("gateway")
    live = sum(call["state"] == "answered" for call in status["calls"]) if status else 0
    if live < LIVE_CALLS:
        raise system.failed(f"{live} of {LIVE_CALLS} calls are left: the machine is too busy for them")


@asynccontextmanager
async def _system(folder: Path) -> AsyncIterator[tuple[RealSystem, Crowds, str]]:
    """A system with its past calls, who will call it, and one of the past calls."""
    uuids = await asyncio.to_thread(fill_journal, folder / "journal.sqlite", PAST_CALLS)
    system = RealSystem(folder, SETTINGS)
    try:
        await system.start()
        await system.until(lambda: _has_console(system), CONSOLE_DEADLINE_S, "the console")
        crowds = Crowds(system.config.gateway.sip_host, system.config.gateway.sip_port)
        try:
            yield system, crowds, uuids[0]
        finally:
            await crowds.end()
    finally:
        await system.stop()


async def _has_console(system: RealSystem) -> bool:
    return any(line.startswith("console http") for line in system.log_since(0).splitlines())


def _views(
    browser: Chromium, port: int, past_call: str, runs: int
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """How long each page took to its largest paint, ms, and what was loaded for it, kB; for somebody who has nothing yet.

    One that is nothing but the words "Not Found" tells what is the browser's, and the machine's.
    """
    pages = {
        YARDSTICK: "/nothing",
        "Line": "/",
        "Calls": "/calls",
        "a call": f"/calls/{past_call}",
        "Health": "/health",
    }
    views: dict[str, list[float]] = {name: [] for name in pages}
    weights: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(runs):
        for name, path in pages.items():
            with browser.stranger():
                browser.open(f"http://127.0.0.1:{port}{path}")
                viewed_ms, loaded_bytes = browser.run(VIEWED)
            views[name].append(round(viewed_ms, 1))
            weights[name].append(round(loaded_bytes / 1000, 1))
    return views, weights


async def _window(crowds: Crowds, port: int, paths: list[str]) -> dict[str, Any]:
    """The calls' packets for a while; with paths somebody looks at the console meanwhile."""
    if paths:
        with Lookers(port, paths):
            return await _packets(crowds)
    return await _packets(crowds)


async def _packets(crowds: Crowds) -> dict[str, Any]:
    await crowds.begin()
    await asyncio.sleep(WINDOW_S)
    reports = await crowds.reports()
    deviations = [sum(column) for column in zip(*(one["deviations"] for one in reports), strict=True)]
    lost = sum(one["lost"] for one in reports)
    return {"p99_ms": percentile_ms(deviations, 0.99), "packets": sum(deviations), "lost": lost}


async def _kills(place: Path, request: Request) -> list[dict[str, Any]]:
    """Each service killed from the page in the middle of an answer.

    Raises:
        DrillError: a word of it was lost.
    """
    found = []
    for run in range(request.runs):
        async with line_page(place / str(run)) as page:
            for victim in VICTIMS:
                struck = await page.kill_during_answer(victim)
                if struck.fault:
                    raise DrillError(f"{victim} was killed: {struck.fault}")
                late = {"box": struck.gone_late_s, "lost": struck.late_s("lost"), "healed": struck.late_s("healed")}
                shown = {
                    f"{name}_ms": None if value is None else round(value * 1000, 1) for name, value in late.items()
                }
                found.append({"service": victim, **shown})
                _tell(request.progress, found[-1])
    return found


def _tell(progress: Progress, kill: dict[str, Any]) -> None:
    progress(f"{kill['service']} killed: lost shown after {kill['lost_ms']} ms, healed after {kill['healed_ms']} ms")


MEASUREMENT = Measurement(
    "console", "Console", f"all services killed once, {WINDOW_S:g} s without and with lookers", 2, measure
)
