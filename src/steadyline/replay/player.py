"""Plays a recorded caller into a simulated system: real services in one process, in virtual time."""

import asyncio
import logging
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from steadyline.calls.reader import read_only
from steadyline.calls.records import CallRecord
from steadyline.config import Config
from steadyline.drills.simulated_call import SimulatedCall
from steadyline.drills.simulated_engines import SimulatedEngines
from steadyline.drills.simulated_system import SimulatedSystem
from steadyline.drills.tone_speech import HeardWord
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.replay.choices import Kill, ReplayError
from steadyline.replay.real_engines import real_model, real_recognizer, real_voice
from steadyline.replay.recorded_call import CLOCK_HZ, RecordedCall
from steadyline.replay.recorded_engines import RecordedModel, RecordedRecognizer, RecordedVoice
from steadyline.services.speech_detectors import speech_detectors
from steadyline.wire.operator_messages import TypedLine

RESTART_S = 0.3
"""As the supervisor's first restart: at once, and a process has to start."""
LOOK_S = 0.1
ANSWERED_WITHIN_S = 30.0
QUIET_S = 2.0
LONGEST_REPAIR_S = 30.0
SETTLE_S = 0.5


@dataclass(frozen=True)
class Replayed:
    """What came of it.

    Attributes:
        record: the journal's, of the replayed call.
        heard: the tones that the caller heard, each a word, in order; none of a real voice.
        killed_at_s: from the answer on, when the service was killed; None when nothing was.
    """

    record: CallRecord
    heard: list[HeardWord]
    killed_at_s: float | None


def replay(recorded: RecordedCall, config: Config, kill: Kill | None = None, real: Collection[str] = ()) -> Replayed:
    """Play the recorded caller to the present code.

    Args:
        recorded: the call.
        config: what the services run with.
        kill: a service to kill on the way.
        real: engines that are asked for real, of `ENGINES`; the others say what they said in the recording.

    Raises:
        ReplayError: the system did not answer, or the turn of `kill` never came.
    """
    # The recording says what was said, whichever voice said it.
    config = replace(config, standby=replace(config.standby, engine=""))
    with tempfile.TemporaryDirectory(prefix="steadyline-replay-") as folder:
        return run_in_virtual_time(
            _replay(
                recorded,
                config,
                kill,
                _engines(recorded, config, real),
                Path(folder) / "journal.sqlite",
                "tts" not in real,
            )
        )


def _engines(recorded: RecordedCall, config: Config, real: Collection[str]) -> SimulatedEngines:
    return SimulatedEngines(
        lambda: real_recognizer(config) if "whisper" in real else RecordedRecognizer(recorded),
        lambda: real_model(config) if "llama" in real else RecordedModel(recorded, config.llama.hang_up_marker),
        lambda: real_voice(config) if "tts" in real else RecordedVoice(recorded),
    )


async def _replay(
    recorded: RecordedCall,
    config: Config,
    kill: Kill | None,
    engines: SimulatedEngines,
    journal_path: Path,
    has_tones: bool,
) -> Replayed:
    detectors = speech_detectors(config, 1, logging.getLogger("steadyline.inbound"))
    system = SimulatedSystem(journal_path, config, engines, detectors=detectors)
    await system.start()
    try:
        call = await _answered(system, recorded.rate_hz)
        begun_at = asyncio.get_running_loop().time()
        call.play(recorded.caller)
        typing = asyncio.ensure_future(_type(system, call, recorded.record))
        killed_at = await _kill(system, call, kill, journal_path) if kill else None
        while call.is_saying and not call.closed.done():  # noqa: ASYNC110 - the line has no event for it
            await asyncio.sleep(LOOK_S)
        await _hear_out(call, recorded, is_repaired=kill is not None)
        typing.cancel()
        heard = call.heard if has_tones else []
        call.hang_up()
        await asyncio.sleep(SETTLE_S)
    finally:
        await system.close()
    with read_only(journal_path) as journal:
        record = journal.find_call(sip_call_id=call.sip_call_id)
    assert record is not None
    return Replayed(record, heard, None if killed_at is None else killed_at - begun_at)


async def _answered(system: SimulatedSystem, rate_hz: int) -> SimulatedCall:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + ANSWERED_WITHIN_S
    await asyncio.sleep(QUIET_S)
    call = system.dial(rate_hz)
    while not call.is_answered:
        if loop.time() > deadline or call.closed.done():
            raise ReplayError("the simulated system did not answer the call")
        await asyncio.sleep(0.001)
    return call


async def _type(system: SimulatedSystem, call: SimulatedCall, record: CallRecord) -> None:
    """Type what the caller typed, each line where it lay in what they said."""
    loop = asyncio.get_running_loop()
    begun_at, gateway = loop.time(), system.running["gateway"]
    for turn in record.turns:
        if turn.is_typed and turn.caller_text:
            await asyncio.sleep(max(0.0, begun_at + (turn.end_sample or 0) / CLOCK_HZ - loop.time()))
            line = TypedLine(call.sip_call_id, turn.turn, turn.caller_text)
            gateway.process.run(gateway.service.type_line, line)  # type: ignore[attr-defined]


async def _kill(system: SimulatedSystem, call: SimulatedCall, kill: Kill, journal_path: Path) -> float:
    """Wait for the moment, kill the service and start it anew; when it was killed."""
    while not _is_heard(journal_path, call.sip_call_id, kill.turn):
        if call.closed.done() or not call.is_saying:
            raise ReplayError(f"--kill: nothing was heard of an answer to turn {kill.turn} in this call")
        await asyncio.sleep(LOOK_S)
    killed_at = asyncio.get_running_loop().time()
    system.kill(kill.service)
    await asyncio.sleep(RESTART_S)
    await system.start(kill.service)
    return killed_at


def _is_heard(journal_path: Path, sip_call_id: str, turn: int) -> bool:
    with read_only(journal_path) as journal:
        record = journal.find_call(sip_call_id=sip_call_id)
    found = next((one for one in record.turns if one.turn == turn), None) if record else None
    return found is not None and any(clause.heard_samples for clause in found.clauses)


async def _hear_out(call: SimulatedCall, recorded: RecordedCall, *, is_repaired: bool) -> None:
    """The caller hangs up as then; but hears the end of an answer that comes later for a repair, or that ends the call."""
    ended_itself = bool(recorded.record.turns) and recorded.record.turns[-1].ends_call
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (LONGEST_REPAIR_S if is_repaired or ended_itself else 0.0)
    while loop.time() < deadline and not call.closed.done():
        if not ended_itself and call.silent_for_s() >= QUIET_S:
            return
        await asyncio.sleep(LOOK_S)
