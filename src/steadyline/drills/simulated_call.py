"""A call on the telephone line in virtual time: its caller speaks tones, and every heard sample is kept.

As with the real line, a clock of its own takes 20 ms at a time from the queue that the gateway fills, and plays silence
when nothing is there.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from steadyline.audio.pcm import from_pcm16, to_pcm16
from steadyline.clock import TimerHandle
from steadyline.drills.simulated_process import SimulatedProcess
from steadyline.drills.tone_speech import HeardWord, speak, words_in
from steadyline.services.line import Samples

FRAMES_PER_S = 50
FRAME_S = 1 / FRAMES_PER_S
COMFORT_NOISE_PEAK = 100
"""What is quieter is no sound to the caller's ear."""
QUEUE_S = 4
"""More than this is not taken, as by the real line."""
CODECS = {8_000: "PCMU", 16_000: "G722", 48_000: "opus"}
_SILENT_FRAMES = {rate_hz: np.zeros(rate_hz // FRAMES_PER_S, np.int16) for rate_hz in CODECS}


@dataclass(frozen=True)
class LineEcho:
    """What the caller hears comes back so much softer, so much later (a multiple of 20 ms)."""

    gain_db: float
    delay_s: float


class SimulatedCall:
    """A call from the caller's side, and what the gateway sees of it (`services.line.LineCall`).

    Attributes:
        closed: resolves with the reason when the call is over.
        is_answered: 200 OK was sent.
        answered_at: when, in virtual seconds; None before.
        last_said_at: when the caller said something last, in virtual seconds; None before.
        closed_at: when the call was over, in virtual seconds; None before.
        last_sound_at: when the caller heard something last, in virtual seconds; None before the first sound.
        overflowed_samples: samples that it gave in vain.
        flushed_samples: samples that were dropped before they were played.
        on_heard: called with every 20 ms that the caller hears, int16 at the line's rate.
        lost_share: of the frames in either direction that the network loses, 0 to 1; evenly.
    """

    def __init__(
        self,
        number: int,
        process: SimulatedProcess,
        rate_hz: int,
        is_acknowledged: bool,
        echo: LineEcho | None,
    ) -> None:
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.is_answered = False
        self.answered_at: float | None = None
        self._is_on_hold = False
        self._kept_samples = 0
        self.flushed_samples = 0
        self.overflowed_samples = 0
        self.on_heard: Callable[[Samples], None] = lambda frame: None
        self.lost_share = 0.0
        self._lost_frames = 0
        self._number = number
        self._process = process
        self._rate_hz = rate_hz
        self._is_acknowledged = is_acknowledged
        self._echo = echo
        self._echoing: deque[Samples] = deque()
        self._established = asyncio.Event()
        self._on_digit: list[Callable[[str, int], None]] = []
        self._on_signalling: list[Callable[[float, bool, str], None]] = []
        self._to_say = np.zeros(0, np.int16)
        self._said: list[Samples] = []
        self._queue = np.zeros(0, np.int16)
        self._heard: list[HeardWord] = []
        self._played: list[Samples] = []
        self._played_from_s = 0.0
        self._played_frames = 0
        self.last_sound_at: float | None = None
        self.last_said_at: float | None = None
        self.closed_at: float | None = None
        self._next_frame_at = 0.0
        self._timer: TimerHandle | None = None

    def __repr__(self) -> str:
        state = "closed" if self.closed.done() else "answered" if self.is_answered else "ringing"
        return f"<SimulatedCall {self._number} {state}>"

    # What the caller does and hears.

    def say(self, text: str) -> None:
        """Speak after what is being said; see `tone_speech.VOCABULARY`."""
        self._to_say = np.concatenate((self._to_say, to_pcm16(speak(text, self._rate_hz))))

    def play(self, samples: Samples) -> None:
        """Say a recording, int16 mono at the line's rate, after what is being said."""
        self._to_say = np.concatenate((self._to_say, samples))

    @property
    def is_saying(self) -> bool:
        """The caller has not said everything yet."""
        return len(self._to_say) > 0

    @property
    def is_heard_out(self) -> bool:
        """Everything that the caller said has been read by the gateway."""
        return not self.is_saying and not any(samples.any() for samples in self._said)

    def press(self, digit: str, duration_ms: int = 100) -> None:
        """Press a key."""
        for callback in self._on_digit:
            self._process.tell(callback, digit, duration_ms)

    def signal(self, at: float, is_sent: bool, text: str) -> None:
        """A SIP message of the call passes, at a Unix time; there is none by itself."""
        for callback in self._on_signalling:
            self._process.tell(callback, at, is_sent, text)

    def change_rate(self, rate_hz: int) -> None:
        """The caller's phone offers another codec (re-INVITE): what is queued on either side is lost."""
        self._listen(len(self._played))
        self._rate_hz = rate_hz
        self._said = []
        self._to_say = np.zeros(0, np.int16)
        self.flush()

    def hold(self, is_held: bool) -> None:
        """The caller's phone puts the call on hold, or takes it back (re-INVITE): what is queued is lost."""
        self.flush()
        self._is_on_hold = is_held

    def hang_up(self, reason: str = "caller hung up") -> None:
        """End the call."""
        if not self.closed.done():
            self.closed.set_result(reason)
            self._on_digit.clear()
            self.closed_at = asyncio.get_running_loop().time()
            self._established.set()
            if self._timer is not None:
                self._timer.cancel()

    @property
    def heard(self) -> list[HeardWord]:
        """Every word that was heard so far; its start counts from the answer."""
        pause = next((place for place in reversed(range(len(self._played))) if not _is_audible(self._played[place])), 0)
        self._listen(pause)
        return self._heard + self._words_of(self._played)

    def _listen(self, frames: int) -> None:
        """Make words of so many of the frames that were played; they need not be looked at again."""
        self._heard += self._words_of(self._played[:frames])
        self._played_from_s += frames * FRAME_S
        del self._played[:frames]

    def _words_of(self, frames: list[Samples]) -> list[HeardWord]:
        if not any(_is_audible(frame) for frame in frames):
            return []
        words = words_in(from_pcm16(np.concatenate(frames)), self._rate_hz)
        return [replace(word, start_s=word.start_s + self._played_from_s) for word in words]

    @property
    def heard_text(self) -> str:
        """The words that were heard so far."""
        return " ".join(heard.word for heard in self.heard)

    def silent_for_s(self) -> float:
        """Seconds since something was heard; 0 when nothing was heard yet."""
        now = asyncio.get_running_loop().time()
        return 0.0 if self.last_sound_at is None else now - self.last_sound_at

    # What the gateway does and sees.

    @property
    def sip_call_id(self) -> str:
        return f"simulated-{self._number}"

    @property
    def peer(self) -> str:
        return f"sip:caller{self._number}@simulated"

    @property
    def codec(self) -> str | None:
        return CODECS[self._rate_hz] if self.is_answered else None

    @property
    def line_rate_hz(self) -> int:
        return self._rate_hz if self.is_answered else 0

    async def answer(self) -> None:
        await asyncio.sleep(0)
        if self.closed.done():
            raise ConnectionError("the call ended before it was answered")
        if not self._is_acknowledged:
            return
        loop = asyncio.get_running_loop()
        self.is_answered, self.answered_at = True, loop.time()
        self._established.set()
        self._next_frame_at = loop.time() + FRAME_S
        self._timer = loop.call_at(self._next_frame_at, self._frame)

    async def reject(self) -> None:
        await asyncio.sleep(0)
        self.hang_up("486 Busy Here")

    async def hangup(self) -> None:
        await asyncio.sleep(0)
        self.hang_up("hung up")

    async def wait_established(self, timeout_s: float) -> None:
        async with asyncio.timeout(timeout_s):
            await self._established.wait()
        if self.closed.done():
            raise ConnectionError(self.closed.result())

    def on_digit(self, callback: Callable[[str, int], None]) -> None:
        self._on_digit.append(callback)

    def on_signalling(self, callback: Callable[[float, bool, str], None]) -> None:
        self._on_signalling.append(callback)

    def read(self) -> Samples:
        said, self._said = self._said, []
        return np.concatenate(said) if said else np.zeros(0, np.int16)

    def write(self, samples: Samples) -> int:
        taken = min(len(samples), QUEUE_S * self._rate_hz - len(self._queue)) if self.ready else 0
        self._queue = np.concatenate((self._queue, samples[:taken]))
        self._kept_samples += taken
        self.overflowed_samples += len(samples) - taken
        return taken

    def flush(self) -> None:
        self._kept_samples -= len(self._queue)
        self.flushed_samples += len(self._queue)
        self._queue = np.zeros(0, np.int16)

    def media_stats(self) -> dict[str, Any]:
        arrived = self._played_frames - self._lost_frames
        return {
            "played_frames": self._played_frames,
            "received_packets": arrived,
            "lost_packets": self._lost_frames,
            "sent_packets": arrived,
            "lost_packets_peer": self._lost_frames,
        }

    @property
    def ready(self) -> bool:
        return self.is_answered and not self._is_on_hold and not self.closed.done()

    @property
    def buffered_samples(self) -> int:
        return len(self._queue)

    @property
    def played_samples(self) -> int:
        return self._kept_samples - len(self._queue)

    def _frame(self) -> None:
        """20 ms have passed: both sides move on by a frame."""
        size = self._rate_hz // FRAMES_PER_S
        loop = asyncio.get_running_loop()
        said = played = _SILENT_FRAMES[self._rate_hz]
        if len(self._to_say):
            said, self._to_say = _filled(self._to_say[:size], size), self._to_say[size:]
            self.last_said_at = loop.time()
        if len(self._queue):
            played, self._queue = _filled(self._queue[:size], size), self._queue[size:]
            if _is_audible(played):
                self.last_sound_at = loop.time()
        if self._played_frames * self.lost_share >= self._lost_frames + 1:
            self._lost_frames += 1
            said = played = _SILENT_FRAMES[self._rate_hz]
        self._said.append(said if self._echo is None else self._with_echo(said, played, self._echo))
        self._played.append(played)
        self.on_heard(played)
        self._played_frames += 1
        self._next_frame_at += FRAME_S
        self._timer = loop.call_at(self._next_frame_at, self._frame)

    def _with_echo(self, said: Samples, played: Samples, echo: LineEcho) -> Samples:
        self._echoing.append(np.asarray(played * 10 ** (echo.gain_db / 20), np.int16))
        if len(self._echoing) <= round(echo.delay_s * FRAMES_PER_S):
            return said
        return said + self._echoing.popleft()


def _is_audible(frame: Samples) -> bool:
    """There is more in it than comfort noise."""
    return int(np.max(np.abs(frame), initial=0)) > COMFORT_NOISE_PEAK


def _filled(samples: Samples, size: int) -> Samples:
    """A whole frame, with silence behind `samples`."""
    return np.concatenate((samples, np.zeros(size - len(samples), np.int16)))
