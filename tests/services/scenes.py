"""What the service tests share: a whole system in virtual time, and what a caller does in it."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from steadyline.calls.journal import read_only
from steadyline.calls.records import CallRecord
from steadyline.config import Config
from steadyline.drills.remains import registrations, remains
from steadyline.drills.simulated_call import SimulatedCall
from steadyline.drills.simulated_engines import SimulatedEngines, two_sentences
from steadyline.drills.simulated_system import SERVICES, SimulatedSystem, drill_config
from steadyline.link.memory import MemoryNetwork
from steadyline.link.runtime import Runtime
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.recorder.recorder import Recorder

GREETING = "hello caller"
APOLOGY = "sorry later"

Scene = Callable[[SimulatedSystem], Awaitable[None]]


def play(
    scene: Scene,
    journal_path: Path,
    *,
    config: Config | None = None,
    engines: SimulatedEngines | None = None,
    network: MemoryNetwork | None = None,
    plans_exceptions: bool = False,
    recorder: Callable[[Runtime], Recorder] | None = None,
) -> None:
    """Run a scene on a system of which nothing is started yet.

    Raises:
        AssertionError: an exception came through to the event loop or to the log, unless the scene plans for it.
    """
    failures: list[object] = []

    class Traces(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and not plans_exceptions:
                failures.append((record.getMessage(), record.exc_info))

    async def whole() -> None:
        system = SimulatedSystem(journal_path, config, engines, network, recorder=recorder)
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
        await scene(system)
        await system.close()

    traces = Traces()
    logging.getLogger().addHandler(traces)
    try:
        run_in_virtual_time(whole())
    finally:
        logging.getLogger().removeHandler(traces)
    assert not failures, failures


def now() -> float:
    """Virtual seconds."""
    return asyncio.get_running_loop().time()


async def until(condition: Callable[[], object], within_s: float = 30.0) -> None:
    """Wait for a condition.

    Raises:
        AssertionError: it did not come true in time.
    """
    deadline = now() + within_s
    while not condition():
        assert now() < deadline, f"waited {within_s:g} s in vain"
        await asyncio.sleep(0.01)


async def started(system: SimulatedSystem) -> None:
    """Start everything and let it settle."""
    await system.start()
    await asyncio.sleep(0.5)


async def silence(call: SimulatedCall, for_s: float = 1.5) -> None:
    """Wait until something was heard and then nothing for a while."""
    await until(lambda: call.silent_for_s() >= for_s)


async def answered(system: SimulatedSystem) -> SimulatedCall:
    """Call, and listen to the greeting."""
    call = system.dial()
    await until(lambda: call.is_answered or call.closed.done())
    assert call.is_answered, call.closed.result()
    await silence(call, 0.5)
    assert call.heard_text == GREETING
    return call


async def ask(call: SimulatedCall, question: str) -> str:
    """Say something; the words of the answer."""
    before, asked_at = len(call.heard), now()
    call.say(question)
    await until(lambda: (call.last_sound_at or 0.0) > asked_at)
    await silence(call)
    return " ".join(heard.word for heard in call.heard[before:])


def answer_to(question: str) -> str:
    """The words that the answer to a question is made of."""
    return two_sentences(question).replace(".", "").lower()


def journaled(system: SimulatedSystem, call: SimulatedCall) -> CallRecord:
    """The journal's record of a call."""
    with read_only(system.journal_path) as journal:
        record = journal.find_call(sip_call_id=call.sip_call_id)
    assert record is not None
    return record


async def start_in_order(system: SimulatedSystem, order: Sequence[str], delays: random.Random) -> None:
    """Start services one after another with 0 to 3 s between them."""
    for name in order:
        await system.start(name)
        await asyncio.sleep(delays.choice((0.0, delays.uniform(0.0, 3.0))))


__all__ = [
    "APOLOGY",
    "GREETING",
    "SERVICES",
    "SimulatedCall",
    "SimulatedEngines",
    "SimulatedSystem",
    "answer_to",
    "answered",
    "ask",
    "drill_config",
    "journaled",
    "now",
    "play",
    "registrations",
    "remains",
    "silence",
    "start_in_order",
    "started",
    "until",
]
