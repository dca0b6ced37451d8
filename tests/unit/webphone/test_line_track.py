"""What the browser hears of the line: all of it at 48 kHz, and never later and later."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from steadyline.audio.pcm import Int16
from steadyline.link.virtual_time import VirtualTimeLoop
from steadyline.webphone.line_track import BROWSER_HZ, FRAME_SAMPLES, LineTrack


class Line:
    """A SIP call that gives a packet of a tone every 20 ms, or what it was held up with at once."""

    def __init__(self, rate_hz: int, held_up_s: float = 0.0) -> None:
        self.line_rate_hz = rate_hz
        self._loop = asyncio.get_running_loop()
        self._begun_at = self._loop.time()
        self._held_until = self._begun_at + held_up_s
        self._given = 0

    def read(self) -> Int16:
        if self._loop.time() < self._held_until:
            return np.zeros(0, np.int16)
        packets = int((self._loop.time() - self._begun_at + 1e-9) / 0.02)
        until = packets * self.line_rate_hz // 50
        at = np.arange(self._given, until) / self.line_rate_hz
        self._given = until
        return np.asarray(10_000 * np.sin(2 * np.pi * 1000 * at), np.int16)


def run(body: Callable[[], Awaitable[None]]) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(body())


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_a_second_of_the_line_is_a_second_of_the_browser(rate_hz: int) -> None:
    async def body() -> None:
        track, loop = LineTrack(), asyncio.get_running_loop()
        track.connect(Line(rate_hz))
        begun_at = loop.time()
        frames = [await track.recv() for _ in range(50)]
        assert loop.time() - begun_at == pytest.approx(1.0, abs=0.03)
        assert [frame.pts for frame in frames] == [FRAME_SAMPLES * index for index in range(50)]
        sound = np.concatenate([frame.to_ndarray().ravel() for frame in frames[5:]]).astype(float)
        assert np.argmax(np.abs(np.fft.rfft(sound))) * BROWSER_HZ / sound.size == pytest.approx(1000, abs=2)
        assert track.dropped_samples == 0

    run(body)


def test_what_came_while_it_was_held_up_does_not_delay_the_rest() -> None:
    async def body() -> None:
        track, loop = LineTrack(), asyncio.get_running_loop()
        track.connect(Line(16_000, held_up_s=1.0))
        begun_at = loop.time()
        for _ in range(50):
            await track.recv()
        assert loop.time() - begun_at == pytest.approx(2.0, abs=0.05)
        assert track.dropped_samples == pytest.approx(0.98 * BROWSER_HZ, abs=0.03 * BROWSER_HZ)

    run(body)


def test_nothing_is_sent_before_the_call_is_answered() -> None:
    async def body() -> None:
        track = LineTrack()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(track.recv(), 5)
        track.connect(Line(8_000))
        assert (await track.recv()).pts == 0

    run(body)
