"""Callers in a process of their own: `python -m steadyline.bench.capacity.crowd HOST PORT`.

A JSON object a line on standard input says what to do, one on standard output what came of it:

    {"calls": 10}       have so many calls          {"answered": 10, "refused": 0}
    {"begin": true}     count anew from now on      {}
    {"report": true}    what came since             {"waits_s": […], "unanswered": 0, "packets": …, "lost": …, "deviations": […]}

It hangs up and ends with its standard input.
"""

import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

from steadyline.audio.files import read_audio
from steadyline.audio.pcm import to_pcm16
from steadyline.audio.resampling import resample
from steadyline.bench.capacity.caller import Caller
from steadyline.bench.capacity.dialog import CALL_ID
from steadyline.bench.capacity.mu_law import frames
from steadyline.bench.capacity.reception import BINS
from steadyline.bench.capacity.talk import Talk
from steadyline.drills import kills

QUESTION = Path(kills.__file__).with_name("question.wav")
FRAME_S = 0.02
GROUPS = 10
"""Callers speak in groups, 2 ms apart: real ones are not in time with each other."""
ANSWER_DEADLINE_S = 20.0
RETRANSMIT_S = 0.5
BETWEEN_CALLS_S = 0.05


class Crowd(asyncio.DatagramProtocol):
    """All callers of this process; its protocol is the SIP socket that they share."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._local = ("127.0.0.1", 0)
        self._transport: asyncio.DatagramTransport | None = None
        self._callers: dict[str, Caller] = {}
        samples, rate_hz = read_audio(QUESTION)
        self._question = frames(to_pcm16(resample(samples, rate_hz, 8_000)))
        self._answered = asyncio.Event()

    async def open(self) -> None:
        """Open the SIP socket and begin to send."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self._local)
        self._transport, self._local = transport, transport.get_extra_info("sockname")[:2]
        self._tick(time.monotonic(), 0)

    def _tick(self, due: float, group: int) -> None:
        for caller in list(self._callers.values())[group::GROUPS]:
            caller.tick()
        next_due = due + FRAME_S / GROUPS
        asyncio.get_running_loop().call_at(next_due, self._tick, next_due, (group + 1) % GROUPS)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = data.decode(errors="replace")
        call_id = CALL_ID.search(message)
        caller = self._callers.get(call_id[1]) if call_id else None
        if caller is None:
            return
        was_answered = caller.dialog.answer is not None
        self._send(caller.dialog.take(message))
        answer = caller.dialog.answer
        if answer is not None and not was_answered:
            if answer.media_port:
                caller.answered(answer.media_port)
            self._answered.set()

    def _send(self, message: bytes | None) -> None:
        if message is not None and self._transport is not None:
            self._transport.sendto(message, self._target)

    async def have(self, calls: int) -> dict[str, Any]:
        """Call until there are so many; those that are refused are given up."""
        refused = 0
        while len(self._callers) < calls:
            call_id = f"bench{os.getpid()}x{random.getrandbits(48):012x}"
            caller = Caller(self._target, self._local, call_id, lambda now: Talk(self._question, random.random, now))
            self._callers[call_id] = caller
            if not await self._is_answered(caller):
                del self._callers[call_id]
                caller.close()
                refused += 1
                break
            await asyncio.sleep(BETWEEN_CALLS_S)
        return {"answered": len(self._callers), "refused": refused}

    async def _is_answered(self, caller: Caller) -> bool:
        deadline = time.monotonic() + ANSWER_DEADLINE_S
        while caller.dialog.answer is None and time.monotonic() < deadline:
            self._send(caller.dialog.invite())
            self._answered.clear()
            try:
                async with asyncio.timeout(RETRANSMIT_S):
                    await self._answered.wait()
            except TimeoutError:
                continue
        return caller.talk is not None

    def begin(self) -> dict[str, Any]:
        """Count anew."""
        for caller in self._callers.values():
            caller.reception.reset()
            if caller.talk is not None:
                caller.talk.waits_s, caller.talk.unanswered = [], 0
        return {}

    def report(self) -> dict[str, Any]:
        """What came since."""
        callers = [caller for caller in self._callers.values() if caller.talk is not None]
        deviations = [0] * BINS
        for caller in callers:
            deviations = [a + b for a, b in zip(deviations, caller.reception.deviations, strict=True)]
        return {
            "waits_s": [wait for caller in callers if caller.talk for wait in caller.talk.waits_s],
            "unanswered": sum(caller.talk.unanswered for caller in callers if caller.talk),
            "packets": sum(caller.reception.packets for caller in callers),
            "lost": sum(caller.reception.lost for caller in callers),
            "deviations": deviations,
        }

    async def hang_up(self) -> None:
        """End every call."""
        for caller in self._callers.values():
            self._send(caller.dialog.bye())
            await asyncio.sleep(0)
            caller.close()
        await asyncio.sleep(RETRANSMIT_S)


async def obey(crowd: Crowd) -> None:
    """Do as standard input says, until it ends."""
    await crowd.open()
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        done = (
            await crowd.have(order["calls"])
            if "calls" in order
            else crowd.begin()
            if "begin" in order
            else crowd.report()
        )
        print(json.dumps(done), flush=True)
    await crowd.hang_up()


async def main() -> None:
    """Entry point of the process."""
    await obey(Crowd((sys.argv[1], int(sys.argv[2]))))


if __name__ == "__main__":
    asyncio.run(main())
