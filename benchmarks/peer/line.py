"""The caller's end of a call inside the peer's process: says utterances, listens, keeps both directions on one clock."""

import asyncio
from collections.abc import Callable, Sequence

import numpy as np

from steadyline.audio.pcm import Int16, from_pcm16
from steadyline.audio.resampling import resample, to_pcm16
from steadyline.phone.conversation import AUDIBLE_RMS
from steadyline.phone.script import CallerScript, HangUp, Say, ScriptTiming

SAID_RATE_HZ = 16_000
FRAME_S = 0.020
FRAME_SAMPLES = round(FRAME_S * SAID_RATE_HZ)


class Line:
    """A caller with the patience and the clock of `steadyline call`, without a network between.

    As in its recording, both directions stand where they pass the edge: the first sample of a frame at the moment at which
    the frame is due (said) or was written (heard). A frame that is fed late counts from when it was due.

    Args:
        utterances: what is said in turn; int16 mono, 16 kHz.
        timing: how patient the caller is.
        heard_rate_hz: rate of what is heard.
        clock: monotonic seconds.

    Attributes:
        over: set when the caller has hung up.
        began_s: when the call was answered, on `clock`.
    """

    def __init__(
        self,
        utterances: Sequence[Int16],
        timing: ScriptTiming,
        heard_rate_hz: int,
        clock: Callable[[], float],
    ) -> None:
        self.script = CallerScript(len(utterances), timing)
        self.over = asyncio.Event()
        self._utterances = utterances
        self._heard_rate_hz = heard_rate_hz
        self._clock = clock
        self.began_s = 0.0
        self._rest: Int16 = np.zeros(0, np.int16)
        self._said: list[Int16] = []
        self._heard: list[tuple[int, Int16]] = []
        self._heard_end = 0
        self._audible_until_s = -FRAME_S

    def begin(self) -> None:
        """The call is answered: the clock starts."""
        self.began_s = self._clock()

    @property
    def now_s(self) -> float:
        """Seconds since `begin`."""
        return self._clock() - self.began_s

    @property
    def due_s(self) -> float:
        """When the next frame is to be fed."""
        return len(self._said) * FRAME_S

    def next_frame(self) -> Int16 | None:
        """What the caller says in the next 20 ms, int16 mono, 320 samples; None when the caller has hung up."""
        due_s = self.due_s
        audible = self._audible_until_s > due_s - FRAME_S
        action = self.script.advance(due_s, audible=audible, speaking=self._rest.size > 0)
        if isinstance(action, HangUp):
            self.over.set()
            return None
        if isinstance(action, Say):
            self._rest = self._utterances[action.index]
        frame = np.zeros(FRAME_SAMPLES, np.int16)
        frame[: self._rest.size] = self._rest[:FRAME_SAMPLES]
        self._rest = self._rest[FRAME_SAMPLES:]
        self._said.append(frame)
        return frame

    def hear(self, samples: Int16) -> float:
        """Play what was written now, behind what is still being played; when its last sample will have been heard, s."""
        start = max(round(self.now_s * self._heard_rate_hz), self._heard_end)
        self._heard.append((start, samples))
        self._heard_end = start + samples.size
        end_s = self._heard_end / self._heard_rate_hz
        if samples.size and np.sqrt(np.mean(samples.astype(np.float64) ** 2)) > AUDIBLE_RMS:
            self._audible_until_s = end_s
        return end_s

    def channels(self) -> Int16:
        """The recording: left said, right heard; int16, shape (n, 2), 16 kHz."""
        heard = np.zeros(self._heard_end, np.int16)
        for start, samples in self._heard:
            heard[start : start + samples.size] = samples
        # A linear-phase filter over the whole signal: nothing moves on the clock.
        right = to_pcm16(resample(from_pcm16(heard), self._heard_rate_hz, SAID_RATE_HZ))
        left = np.concatenate([*self._said, np.zeros(0, np.int16)])
        both = np.zeros((max(left.size, right.size), 2), np.int16)
        both[: left.size, 0], both[: right.size, 1] = left, right
        return both
