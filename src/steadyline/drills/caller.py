"""The caller's side of a drill's call: speaks, records both directions on one clock, and knows when."""

import asyncio
import time
from collections.abc import Callable
from typing import Self

import numpy as np

from steadyline.phone.recording import TwoChannelRecording
from steadyline.phone.speaking import Voice
from steadyline.sip import SipCall, SipSettings, SipUserAgent

POLL_S = 0.005
MEDIA_DEADLINE_S = 5.0
ANSWER_DEADLINE_S = 30.0
RTP_PORTS = (20000, 21998)


def caller_settings(calls: int, codec: str = "PCMU") -> SipSettings:
    """A SIP stack for so many callers: audio as it comes, without a jitter buffer that could lose or delay something itself."""
    return SipSettings(
        port=0,
        transports=("udp",),
        codecs=(codec,),
        srtp="off",
        rtp_ports=RTP_PORTS,
        max_calls=calls,
        user="caller",
    )


class DrillCaller:
    """A caller in a call that is answered. All `…_s` are seconds on the clock of the recording, which began at the answer.

    Attributes:
        answered_at: when that was, on `time.monotonic()`.
        answered_wall: the same moment in Unix seconds, as the journal counts.
        recording: what was said and what was heard.
    """

    def __init__(self, call: SipCall) -> None:
        self.answered_at = time.monotonic()
        self.answered_wall = time.time()
        self.recording = TwoChannelRecording(call.line_rate_hz)
        self._call = call
        self._voice = Voice(call)
        self._polling = asyncio.create_task(self._poll(), name="drill caller")

    @classmethod
    async def dial(cls, agent: SipUserAgent, uri: str) -> Self:
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
    def rate_hz(self) -> int:
        """The line's rate, and the recording's."""
        return self.recording.line_rate_hz

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

    def say_sound(self, samples: np.ndarray) -> None:
        """Begin to say a sound: int16 mono at the line's rate."""
        self._voice.begin(samples)

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
