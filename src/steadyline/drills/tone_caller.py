"""The caller's side of a drill's call: says words, hears words, and knows when, on the clock of its own recording."""

import asyncio
import time
from collections.abc import Callable

import numpy as np

from steadyline.audio.pcm import from_pcm16, to_pcm16
from steadyline.drills.tone_speech import HeardWord, sounds_in, speak
from steadyline.phone.recording import TwoChannelRecording
from steadyline.phone.speaking import Voice
from steadyline.sip import SipCall, SipSettings, SipUserAgent

POLL_S = 0.005
MEDIA_DEADLINE_S = 5.0
ANSWER_DEADLINE_S = 30.0
RTP_PORTS = (20000, 21998)
SETTLED_S = 0.02
"""A sound that has been silent for so long is over."""
LISTENING_S = 0.02
"""How often a condition on what was heard is looked at: a packet's time."""


def caller_settings(calls: int) -> SipSettings:
    """A SIP stack for so many callers: G.711 as it comes, without a buffer that could lose or delay something itself."""
    return SipSettings(
        port=0,
        transports=("udp",),
        codecs=("PCMU",),
        srtp="off",
        rtp_ports=RTP_PORTS,
        jitter_buffer_ms=(0, 0),
        max_calls=calls,
        user="caller",
    )


class ToneCaller:
    """A caller in a call that is answered. All `…_s` are seconds on the clock of the recording, which began at the answer.

    Attributes:
        answered_at: when that was, on `time.monotonic()`.
        recording: what was said and what was heard.
    """

    def __init__(self, call: SipCall) -> None:
        self.answered_at = time.monotonic()
        self.recording = TwoChannelRecording(call.line_rate_hz)
        self._call = call
        self._voice = Voice(call)
        self._settled: list[HeardWord] = []
        self._decoded_s = 0.0
        self._polling = asyncio.create_task(self._poll(), name="tone caller")

    @classmethod
    async def dial(cls, agent: SipUserAgent, uri: str) -> "ToneCaller":
        """Call and wait for the answer.

        Raises:
            ConnectionError: it was refused or not answered, or no audio came.
        """
        call = await agent.dial(uri)
        await call.wait_established(ANSWER_DEADLINE_S)
        deadline = time.monotonic() + MEDIA_DEADLINE_S
        while not call.ready:
            if call.closed.done() or time.monotonic() > deadline:
                raise ConnectionError(f"answered, but no audio within {MEDIA_DEADLINE_S:g} s")
            await asyncio.sleep(POLL_S)
        return cls(call)

    @property
    def now_s(self) -> float:
        return time.monotonic() - self.answered_at

    @property
    def sip_call_id(self) -> str:
        return self._call.sip_call_id

    @property
    def ended(self) -> str | None:
        """Why the far end hung up; None while it did not."""
        return self._call.closed.result() if self._call.closed.done() else None

    @property
    def is_saying(self) -> bool:
        """Something of what was to be said has still to leave."""
        return self._voice.speaking

    def say(self, text: str) -> None:
        """Begin to say words of the drills."""
        self.say_sound(to_pcm16(speak(text, self._call.line_rate_hz)))

    def say_sound(self, samples: np.ndarray) -> None:
        """Begin to say a sound: int16 mono at the line's rate."""
        self._voice.begin(samples)

    def said_between(self, since_s: float, until_s: float | None = None) -> list[HeardWord]:
        """What the caller said, as words."""
        return self._sounds(self.recording.caller.samples(self.recording.end_s), since_s, until_s)

    def heard_between(self, since_s: float, until_s: float | None = None) -> list[HeardWord]:
        """What the caller heard: words, and other sounds as `tone_speech.OTHER`."""
        return self._sounds(self.recording.far_end.samples(self.recording.end_s), since_s, until_s)

    def heard_so_far(self) -> list[HeardWord]:
        """As `heard_between` from the beginning, at the price of what is new; the newest sound may still be going on."""
        end_s = self.recording.far_end.end_s
        found = self._sounds(self.recording.far_end.samples(end_s), self._decoded_s, None)
        over = [one for one in found if one.start_s + one.duration_s < end_s - SETTLED_S]
        if over:
            self._settled += over
            self._decoded_s = over[-1].start_s + over[-1].duration_s + SETTLED_S / 2
        elif not found:
            self._decoded_s = max(self._decoded_s, end_s - SETTLED_S)
        return self._settled + found[len(over) :]

    async def until(self, condition: Callable[[], bool], deadline_s: float, every_s: float = POLL_S) -> bool:
        """Wait for a condition; False when it does not come true in time, or the call is over."""
        deadline = time.monotonic() + deadline_s
        while not condition():
            if time.monotonic() > deadline or self.ended is not None:
                return False
            await asyncio.sleep(every_s)
        return True

    async def hang_up(self) -> None:
        """End the call."""
        self._polling.cancel()
        await self._call.hangup()

    def _sounds(self, channel: np.ndarray, since_s: float, until_s: float | None) -> list[HeardWord]:
        rate_hz = self.recording.line_rate_hz
        start = max(0, round(since_s * rate_hz))
        end = None if until_s is None else round(until_s * rate_hz)
        found = sounds_in(from_pcm16(channel[start:end]), rate_hz)
        return [HeardWord(one.word, one.start_s + start / rate_hz, one.duration_s) for one in found]

    async def _poll(self) -> None:
        """Both directions, until the call is over."""
        while not self._call.closed.done():
            heard = self._call.read()
            self.recording.heard(heard, self.now_s)
            departed, is_dry = self._voice.departed()
            self.recording.said(departed, self.now_s)
            if is_dry:
                self.recording.caller.interrupted()
            self._voice.top_up()
            await asyncio.sleep(POLL_S)
