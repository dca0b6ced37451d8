"""An hour without a pause: the gateway's queue against the line's clock, with the gateway's own call and outbound's playout."""

import asyncio
import random
from typing import Any

import numpy as np

from steadyline.config import Config
from steadyline.link.virtual_time import run_in_virtual_time
from steadyline.services.gateway_call import GatewayCall
from steadyline.services.playout import Playout
from steadyline.services.typed_text import TypedTexts
from steadyline.wire.audio_messages import ClauseAudio, Cursor, LineAudio
from steadyline.wire.messages import Message

RATE_HZ = 8_000
FRAME = RATE_HZ // 50
QUEUE_MS = 80
HOUR_S = 3600
LATEST_FRAMES = 2
CHECK_FRAMES = 25


class Line:
    """A telephone line that takes 20 ms at a time from its queue and counts."""

    peer, codec, sip_call_id, line_rate_hz = "sip:caller@simulated", "PCMU", "1", RATE_HZ
    ready, flushed_samples = True, 0

    def __init__(self) -> None:
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.written_samples = self.buffered_samples = 0
        self.played_frames = self.starved_frames = 0

    @property
    def played_samples(self) -> int:
        return self.written_samples - self.buffered_samples

    def flush(self) -> None:
        raise AssertionError("nobody interrupts")

    def read(self) -> np.ndarray:
        return np.zeros(0, np.int16)

    def write(self, samples: np.ndarray) -> int:
        self.written_samples += len(samples)
        self.buffered_samples += len(samples)
        return len(samples)

    def clock(self) -> None:
        """20 ms have passed."""
        if self.buffered_samples >= FRAME:
            self.buffered_samples -= FRAME
            self.played_frames += 1
        else:
            self.starved_frames += 1


class OutboundLink:
    """Hands what the gateway sends to outbound."""

    def __init__(self) -> None:
        self.playout: Playout | None = None

    def send(self, message: Message) -> bool:
        if isinstance(message, Cursor) and self.playout is not None:
            self.playout.cursor(message)
        return True


async def an_hour() -> tuple[Line, int, list[int]]:
    """The line, how many samples of clauses were accepted, and the queue's length at each of the line's frames."""
    line, link, vary = Line(), OutboundLink(), random.Random(7)
    untyped: Any = (line, link)
    call = GatewayCall(untyped[0], 2, asyncio.get_running_loop().time, Config().barge_in, TypedTexts(500, 30))
    call.answered()
    call.connected("outbound", untyped[1], {})
    accepted = 0

    def send(message: Message) -> bool:
        nonlocal accepted
        assert isinstance(message, LineAudio)
        accepted += len(message.samples)
        call.from_processor(message)
        return True

    playout = link.playout = Playout(RATE_HZ, QUEUE_MS, send)
    clause, missed, lengths = 0, 0, []
    for frame in range(HOUR_S * 50):
        if frame % CHECK_FRAMES == 0 and playout.queued_s < 2:
            # No clause is a whole number of frames long.
            sound = np.full(FRAME * vary.randrange(50, 500) + vary.randrange(1, FRAME), 0.1, np.float32)
            playout.clause_audio("tts", ClauseAudio(1, clause, 1, 0, 0, RATE_HZ, True, sound))
            clause += 1
        # On a busy machine the gateway's tick is late now and then, by two frames at most here.
        missed = missed + 1 if missed < LATEST_FRAMES and vary.random() < 0.2 else 0
        if not missed:
            call.tick()
        lengths.append(line.buffered_samples)
        line.clock()
    return line, accepted, lengths


def test_an_hour_of_speech_is_paced_by_the_lines_clock_without_a_gap_or_drift() -> None:
    line, accepted, lengths = run_in_virtual_time(an_hour())
    assert line.starved_frames == 0
    assert line.played_frames == HOUR_S * 50
    assert accepted == line.written_samples == line.played_frames * FRAME + line.buffered_samples
    # After a tick that was late the queue is longer, should the next one be late as well: by all of it and a frame at most.
    assert max(lengths) <= 2 * QUEUE_MS * RATE_HZ // 1000 + FRAME
    assert min(lengths) >= QUEUE_MS * RATE_HZ // 1000 - LATEST_FRAMES * FRAME
