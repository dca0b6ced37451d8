"""A whole dialogue over a line that exists in virtual time only."""

import asyncio
import random

import numpy as np
import pytest

from steadyline.phone.conversation import Conversation
from steadyline.phone.measure import measure_greeting, measure_turns
from steadyline.phone.script import ScriptTiming
from steadyline.phone.speaking import Samples

PACKET_S = 0.02
HANDOFF_S = 0.005
TIMING = ScriptTiming(greeting_timeout_s=3.0, reply_timeout_s=5.0, reply_silence_s=1.0)


class VirtualLine:
    """A far end that answers each utterance, over a stack whose clocks tick in virtual time.

    Sends packets every 20 ms from 13 ms on; takes a packet from the caller's queue every 20 ms from 7 ms on, which the
    far end hears `HANDOFF_S` later.
    """

    def __init__(self, rate_hz: int, delay_s: float, noise: float, seed: int) -> None:
        self.line_rate_hz = rate_hz
        self.written_samples = 0
        self.now_s = 0.0
        self._delay_s = delay_s
        self._packet = round(PACKET_S * rate_hz)
        self._queue = np.zeros(0, np.int16)
        self._taken = self._sent = 0
        self._received: list[Samples] = []
        self._sounds = [(0.5, 1.0)]
        self._heard_until_s: float | None = None
        self._noise = np.random.default_rng(seed)
        self._noise_level = noise
        self._wobble = random.Random(seed)

    @property
    def buffered_samples(self) -> int:
        return self._queue.size

    @property
    def played_samples(self) -> int:
        return self.written_samples - self._queue.size

    @property
    def flushed_samples(self) -> int:
        return 0

    def write(self, samples: Samples) -> int:
        self._queue = np.concatenate([self._queue, samples])
        self.written_samples += samples.size
        return samples.size

    def read(self) -> Samples:
        received, self._received = self._received, []
        return np.concatenate([*received, np.zeros(0, np.int16)]).astype(np.int16)

    async def sleep(self, seconds: float) -> None:
        """Time passes; sometimes more than was asked for."""
        late_s = 0.12 if self._wobble.random() < 0.002 else self._wobble.uniform(0.0, 0.002)
        until_s = self.now_s + seconds + late_s
        while True:
            take_s, send_s = 0.007 + self._taken * PACKET_S, 0.013 + self._sent * PACKET_S
            self.now_s = min(take_s, send_s, until_s)
            if self.now_s == until_s:
                return
            if take_s <= send_s:
                self._take(take_s + HANDOFF_S)
            else:
                self._send(send_s)

    def _take(self, heard_s: float) -> None:
        packet, self._queue = self._queue[: self._packet], self._queue[self._packet :]
        self._taken += 1
        audible = np.flatnonzero(np.abs(packet) > 300)
        if audible.size:
            self._heard_until_s = heard_s + (audible[-1] + 1) / self.line_rate_hz

    def _send(self, at_s: float) -> None:
        if self._heard_until_s is not None and at_s > self._heard_until_s + 0.2:
            begin_s = self._heard_until_s + self._delay_s
            self._sounds += [(begin_s, begin_s + 0.7), (begin_s + 1.2, begin_s + 2.0)]
            self._heard_until_s = None
        t = at_s + np.arange(self._packet) / self.line_rate_hz
        on = np.any([(start <= t) & (t < end) for start, end in self._sounds], axis=0)
        sound = 9000 * np.cos(2 * np.pi * 500 * t) * on + self._noise_level * self._noise.standard_normal(t.size)
        self._received.append(sound.astype(np.int16))
        self._sent += 1


def utterance(rate_hz: int, seconds: float) -> Samples:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    voice = 9000 * np.cos(2 * np.pi * 300 * t)
    return np.concatenate([np.zeros(rate_hz // 3), voice, np.zeros(rate_hz // 10)]).astype(np.int16)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 48000])
@pytest.mark.parametrize(("delay_s", "noise"), [(0.35, 0.0), (0.8123, 30.0), (2.2, 10.0)])
def test_the_wait_is_measured_to_ten_milliseconds(rate_hz: int, delay_s: float, noise: float) -> None:
    line = VirtualLine(rate_hz, delay_s, noise, seed=rate_hz + int(delay_s * 1e4))
    said: list[str] = []
    conversation = Conversation(
        line,
        [utterance(rate_hz, 1.0), utterance(rate_hz, 2.5), utterance(rate_hz, 0.6)],
        TIMING,
        said.append,
        clock=lambda: line.now_s,
        sleep=line.sleep,
        established_s=0.0,
        transmit_delay_s=lambda: HANDOFF_S,
    )
    asyncio.run(conversation.run())
    recording, marks = conversation.recording, conversation.script.marks
    assert recording.rate_hz == min(rate_hz, 16000)
    turns = measure_turns(recording.channels(), recording.rate_hz, marks)
    assert [turn.voice_to_voice_ms for turn in turns] == pytest.approx([1000 * delay_s] * 3, abs=10)
    lengths = [turn.reply_end_s - turn.reply_start_s for turn in turns if turn.reply_start_s and turn.reply_end_s]
    assert lengths == pytest.approx([2.0] * 3, abs=0.01)
    assert measure_greeting(recording.channels(), recording.rate_hz, marks) == pytest.approx((0.5, 1.0), abs=0.01)
    assert sum("the caller says" in line for line in said) == 3
    assert sum("the far end speaks" in line for line in said) == 4
