"""`python -m benchmarks.peer`: one call, held in this process by the peer's Python.

Standard input: one line of JSON, a `CallRequest`. Standard output: a line `{"kind": "ready"}` when the models are loaded and
the call begins, a line `{"kind": "over", ...}` when the caller has hung up; then the process waits, so that it can be looked
at, until its standard input is closed. Pipecat's own log goes to the standard error.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loguru import logger
from pipecat.clocks.system_clock import SystemClock
from pipecat.frames.frames import TTSSpeakFrame
from pipecat.workers.runner import WorkerRunner

from benchmarks.peer.configurations import CONFIGURATIONS
from benchmarks.peer.line import SAID_RATE_HZ, Line
from benchmarks.peer.pipeline import HEARD_RATE_HZ, Models, build
from steadyline.audio.files import write_wav
from steadyline.phone.script import ScriptTiming
from steadyline.phone.speaking import load_utterance


@dataclass(frozen=True)
class CallRequest:
    """What to do in the call.

    Attributes:
        configuration: one of `CONFIGURATIONS`.
        models: arguments of `Models`.
        say: audio files, said in turn.
        greeting: what the agent says when it is called.
        reply_silence_s: quiet that ends a reply.
        recording: where the two channels are written, WAV, 16 kHz.
    """

    configuration: str
    models: dict[str, Any]
    say: list[str]
    greeting: str
    reply_silence_s: float
    recording: str


async def hold(request: CallRequest) -> None:
    """Hold the call, write its recording, and tell what became of it."""
    clock = SystemClock()
    line = Line(
        [load_utterance(Path(path), SAID_RATE_HZ) for path in request.say],
        ScriptTiming(reply_silence_s=request.reply_silence_s),
        HEARD_RATE_HZ,
        clock=lambda: clock.get_time() / 1e9,
    )
    worker, milestones = build(CONFIGURATIONS[request.configuration], Models(**request.models), line, clock)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.ensure_future(runner.run())
    _tell({"kind": "ready"})
    await worker.queue_frames([TTSSpeakFrame(request.greeting)])
    await asyncio.wait([running, over := asyncio.ensure_future(line.over.wait())], return_when=asyncio.FIRST_COMPLETED)
    over.cancel()
    write_wav(request.recording, line.channels(), SAID_RATE_HZ)
    _tell(
        {
            "kind": "over",
            "completed": line.over.is_set(),
            "said_from_s": [mark.said_from_s for mark in line.script.marks],
            "events": milestones.events,
        }
    )
    await asyncio.to_thread(sys.stdin.read)
    await runner.cancel()
    await running


def _tell(report: dict[str, Any]) -> None:
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    asyncio.run(hold(CallRequest(**json.loads(sys.stdin.readline()))))
