"""The demo of the product: a call, the Line page open, *Kill* pressed while the agent speaks; what is heard, what is shown."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.chromium import Chromium

from steadyline.calls.journal import read_only
from steadyline.connections import CONNECTIONS
from steadyline.drills.caller import caller_settings
from steadyline.drills.kills.cells import Moment
from steadyline.drills.kills.tone_dialogue import ToneDialogue
from steadyline.drills.kills.tone_script import hearing_of
from steadyline.drills.real_system import RealSystem
from steadyline.drills.tone_caller import ToneCaller
from steadyline.drills.tone_engines import ENGINE_SETTINGS
from steadyline.recorder.folders import call_folder
from steadyline.recorder.reading import Happening, Recording
from steadyline.services.recording import recordings_directory
from steadyline.sip import SipUserAgent

DEADLOCK_S = 120.0
"""No test asserts speed; this only ends one that hangs."""
WATCH_S = 0.05
SHOWN_S = 2.0
"""After the call the page is looked at for so long."""
NOT_NEEDED = {"tts → outbound"}
"""The standby speaks on: the first voice dials when it has something to say again."""
SETTINGS = (*ENGINE_SETTINGS, "console.enabled=true", "console.drills=true", "recorder.enabled=true")
NOTES = Path(__file__).with_name("line_page.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Shown:
    """One word on the page: `whose` is a service, a connection, or "changes" for the newest line of that list; Unix seconds."""

    at: float
    whose: str
    word: str


@dataclass(frozen=True)
class Struck:
    """A call in whose answer a service was killed from the page.

    Attributes:
        service: which one; `role` in the table of connections.
        pressed_at: Unix seconds.
        fault: "" when every word was heard once, in order.
        ended: why the call ended by itself; None when it did not.
        shown: what the page showed from then on.
        happened: connections that were lost and healed, as the recorder has it.
    """

    service: str
    role: str
    pressed_at: float
    fault: str
    ended: str | None
    shown: tuple[Shown, ...]
    happened: tuple[Happening, ...]

    def words(self, whose: str) -> list[str]:
        """What was shown of somebody, in order."""
        return [one.word for one in self.shown if one.whose == whose]

    def late_s(self, event: str) -> float | None:
        """How long after the first connection was "lost", or the last one "healed", the page has shown that; None: never.

        A connection is told of by both ends; those over UDP and those that the page never saw fall are left out.
        """
        times = [
            (one.at, shown.at)
            for one in self.happened
            if one.event == event
            for shown in self.shown
            if shown.whose == one.detail["name"]
            and shown.word.startswith("lost" if event == "lost" else "open")
            and shown.at >= one.at
        ]
        if not times:
            return None
        at, _ = min(times) if event == "lost" else max(times)
        return min(shown for happened, shown in times if happened == at) - at

    @property
    def gone_late_s(self) -> float | None:
        """How long after the button was pressed its box said that it does not answer; the kill itself is in it."""
        return next((one.at - self.pressed_at for one in self.shown if one.word == "does not answer"), None)


class LinePage:
    """The Line page of a system, open in Chromium, and a caller."""

    def __init__(self, system: RealSystem, browser: Chromium, agent: SipUserAgent) -> None:
        self.system, self.browser, self._agent = system, browser, agent

    async def look(self) -> None:
        """Open it and wait until all services are ready."""
        await asyncio.to_thread(self.browser.open, f"http://127.0.0.1:{self.system.config.console.port}/")
        await self.until(lambda: set(self.browser.texts("box")) != set() and not self._unready(), "all are ready")
        await asyncio.to_thread(self.browser.run, NOTES)

    def _unready(self) -> list[str]:
        return [text for text in self.browser.texts("box")[1:] if "ready" not in text or "not" in text]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the page is so."""
        await asyncio.to_thread(self.browser.wait, condition, what)

    async def press(self, label: str) -> None:
        """Press a button."""
        await asyncio.to_thread(self.browser.press, label)

    def shown_since(self, at: float) -> tuple[Shown, ...]:
        """What the page showed from then on."""
        noted = self.browser.run("return window.noted;")
        return tuple(Shown(ms / 1000, whose, word) for ms, whose, word in noted if ms / 1000 >= at)

    def _lost(self, since: float) -> set[str]:
        """Connections that the page shows as lost now."""
        newest = {one.whose: one.word for one in self.shown_since(since)}
        return {whose for whose, word in newest.items() if word == "lost"}

    async def call(self) -> ToneCaller:
        """A caller whose call is answered."""
        return await ToneCaller.dial(self._agent, self.system.uri)

    async def kill_during_answer(self, service: str) -> Struck:
        """Call, ask, press *Kill* in the middle of the answer, hear it to its end, ask again."""
        role = "tts" if service == self.system.voice else service
        # A service keeps a call's lost connection for some seconds after the call, and the page cannot show it lost twice.
        await self.until(lambda: not self._lost(0.0), "nothing is left of the former call")
        former = (await self.system.pids())[service]
        caller = await self.call()
        dialogue = ToneDialogue(caller, self.system.logbook)
        returned = asyncio.ensure_future(self._strike(dialogue, role, service, former))
        try:
            async with asyncio.timeout(DEADLOCK_S):
                await dialogue.play(lambda: not returned.done())
                pressed_at = await returned
                await self.until(lambda: not self._lost(pressed_at) - NOT_NEEDED, "what was lost is shown healed")
        finally:
            ended = caller.ended
            returned.cancel()
            await caller.hang_up()
        await asyncio.sleep(SHOWN_S)
        shown = await asyncio.to_thread(self.shown_since, pressed_at)
        happened = self._happened(caller.sip_call_id, role, pressed_at)
        return Struck(service, role, pressed_at, hearing_of(dialogue).fault, ended, shown, happened)

    async def _strike(self, dialogue: ToneDialogue, role: str, service: str, former: int) -> float:
        """Press the button at its moment; when that was. Ends when the service is there again."""
        await dialogue.reach(Moment.PLAYBACK, role)
        pressed_at = time.time()
        await self.press(f"Kill {service}")
        while True:
            await asyncio.sleep(WATCH_S)
            status = await self.system.status_of(service)
            if status is not None and status["pid"] != former and status["state"] == "ready":
                return pressed_at

    def _happened(self, sip_call_id: str, role: str, since: float) -> tuple[Happening, ...]:
        with read_only(Path(self.system.config.journal.path)) as journal:
            [record] = [call for call in journal.recent_calls(10) if call.sip_call_id == sip_call_id]
        ours = {one.name for one in CONNECTIONS if role in (one.dialer, one.listener) and one.transport == "tcp"}
        recording = Recording(call_folder(recordings_directory(self.system.config), record.call_uuid))
        return tuple(
            one
            for one in recording.happenings()
            if one.event in ("lost", "healed", "open") and one.detail.get("name") in ours and one.at >= since
        )


@asynccontextmanager
async def line_page(folder: Path, *settings: str) -> AsyncIterator[LinePage]:
    """A system of drill engines with its console, the page open, and somebody who can call."""
    (folder / "system").mkdir(parents=True)
    system = RealSystem(folder / "system", [*SETTINGS, *settings])
    agent = await SipUserAgent.start(caller_settings(1))
    browser = await asyncio.to_thread(Chromium, folder / "profile", None)
    try:
        await system.start()
        await system.until(lambda: _says_console(system), DEADLOCK_S, "the console")
        page = LinePage(system, browser, agent)
        await page.look()
        yield page
    finally:
        await asyncio.to_thread(browser.__exit__)
        await system.stop()
        await agent.close()


async def _says_console(system: RealSystem) -> bool:
    return any(line.startswith("console http") for line in system.log_since(0).splitlines())
