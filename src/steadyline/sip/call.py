"""One telephone call: its life as futures, its audio as int16 arrays, its keys as callbacks."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from baresip import BaresipError, Call, CallFailed, CallStats, Event, StackEvent, StaleHandleError

from steadyline.sip.answered_codec import AnsweredCodecs
from steadyline.sip.far_end import shown
from steadyline.sip.line_audio import LineAudio, Samples
from steadyline.sip.media_stats import quality_figures
from steadyline.sip.signalling import OnMessage, Signalling

# How the stack words the two ways in which calls normally end; the first is the text of ECONNRESET.
_REASONS = {"Connection reset by peer [104]": "caller hung up", "Rejected by user": "hung up"}
_ONLY_CODEC_AT_HZ = {16000: "G722", 48000: "opus"}


class SipCall:
    """A call in either direction; all of it belongs to the event loop that started the user agent.

    Attributes:
        closed: resolves when the call is over, with the reason: "caller hung up" (the far end sent BYE or CANCEL),
            "hung up" (we did), or the stack's own text, such as "486 Busy Here" or "rtp stream error".
    """

    def __init__(self, call: Call, codecs: AnsweredCodecs, signalling: Signalling) -> None:
        self._call = call
        self._codecs = codecs
        self._signalling = signalling
        self._audio = LineAudio(call.audio)
        self._quality: CallStats | None = None
        self._digit_callbacks: list[Callable[[str, int], None]] = []
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        call.on(self._on_event)
        call.on_dtmf(self._on_digit)
        call.on_rtcp(self._on_quality)

    def __repr__(self) -> str:
        state = f"closed: {self.closed.result()}" if self.closed.done() else self._call.state.value
        return f"<SipCall {self.sip_call_id} {self.peer} {self.codec} {state}>"

    @property
    def sip_call_id(self) -> str:
        """The Call-ID header (RFC 3261, 20.8)."""
        return self._call.call_id or ""

    @property
    def peer(self) -> str:
        """URI of the far end, as it says (`far_end.shown`)."""
        return shown(self._call.peer or "")

    @property
    def codec(self) -> str | None:
        """As agreed in the SDP, one of "PCMU", "PCMA", "G722", "opus"; None before, and maybe some ms into the call."""
        return self._codecs.of(self.sip_call_id) or _ONLY_CODEC_AT_HZ.get(self._audio.rate_hz)

    @property
    def line_rate_hz(self) -> int:
        """Rate of `read` and `write`: 8000, 16000 or 48000; 0 before the media is up. A re-INVITE may change it."""
        return self._audio.rate_hz

    @property
    def ready(self) -> bool:
        """Whether media runs in both directions; not so before the ACK, nor on hold."""
        return self._audio.ready

    async def answer(self) -> None:
        """Accept with 200 OK; raises `ConnectionError` if the caller is gone already, or the stack does not do it."""
        try:
            await self._call.answer()
        except StaleHandleError as error:
            raise ConnectionError(f"the call {self.sip_call_id} ended before it was answered") from error
        except BaresipError as error:
            raise ConnectionError(f"the call {self.sip_call_id} cannot be answered: {error}") from error

    async def reject(self) -> None:
        """Decline with 486; nothing happens if the call is over."""
        await self._end(self._call.reject())

    async def hangup(self) -> None:
        """End the call with BYE, CANCEL or 486, whatever its state asks for; nothing happens if it is over."""
        await self._end(self._call.hangup())

    async def _end(self, command: Coroutine[Any, Any, None]) -> None:
        try:
            await command
        except StaleHandleError:
            # The event of its end may have come before anybody listened.
            self._close("ended")

    async def wait_established(self, timeout_s: float = 30.0) -> None:
        """Wait until the call is answered; raises `ConnectionError` with the reason if it is not."""
        try:
            await self._call.wait_established(timeout_s)
        except CallFailed as error:
            self._close(str(error))
            raise ConnectionError(str(error)) from error

    def on_digit(self, callback: Callable[[str, int], None]) -> None:
        """Call back with each DTMF digit (RFC 4733 or SIP INFO) when its key is released, and its length in ms."""
        self._digit_callbacks.append(callback)

    def on_signalling(self, callback: OnMessage) -> None:
        """Call back with each SIP message of the call, from its INVITE on, secrets left out: Unix time, sent or not, text."""
        self._signalling.tell(self.sip_call_id, callback)

    async def send_digit(self, digit: str) -> None:
        """Press a key, one of 0-9, * and #, for 100 ms (RFC 4733); nothing happens if the call is over."""
        with contextlib.suppress(StaleHandleError):
            await self._call.send_dtmf(digit)

    def read(self) -> Samples:
        """All that was received since the last read: int16, shape (n,), mono at `line_rate_hz`; n may be 0.

        Call it every 20 ms: the stack drops the oldest when more than about a second waits.
        """
        return self._audio.read()

    def write(self, samples: Samples) -> int:
        """Queue int16 mono samples at `line_rate_hz`, shape (n,); gives how many were taken.

        Fewer when the queue is full, none before media is up, on hold, and for the 20 ms or less that a flush takes.
        """
        return self._audio.write(samples)

    def flush(self) -> None:
        """Drop what is queued and not yet sent; at most the one frame of 20 ms in the encoder still goes out."""
        self._audio.flush()

    @property
    def written_samples(self) -> int:
        """How many samples `write` has taken since the call began."""
        return self._audio.written_samples

    @property
    def buffered_samples(self) -> int:
        """How many of them wait to be sent."""
        return self._audio.cursor()[1]

    @property
    def flushed_samples(self) -> int:
        """How many of them were dropped, by `flush` or by a re-INVITE."""
        return self._audio.cursor()[2]

    @property
    def played_samples(self) -> int:
        """How many of them were sent: written − buffered − flushed. It never falls."""
        return self._audio.cursor()[0]

    def media_stats(self) -> dict[str, float]:
        """Counters of this call's media; after its end, its final figures.

        starved_frames: frames that ran out of our samples half way, a gap that we caused; silence_frames: frames with
        nothing to send; discarded_bytes: received and thrown away since we read too slowly; the three begin anew with
        each re-INVITE. With each report of RTCP, every 5 s or so, and at the end: sent_packets, received_packets,
        lost_packets (of those we should have received), lost_packets_peer (of those we sent), late_packets, jitter_ms,
        round_trip_ms, jitter_buffer_ms, and mos_estimate (1 to 5).
        """
        return self._audio.counters() | quality_figures(self._call.final_stats or self._quality)

    def _on_event(self, event: StackEvent) -> None:
        if event.event is Event.CALL_CLOSED:
            text = event.text or "ended"
            self._close(_REASONS.get(text, text))

    def _close(self, reason: str) -> None:
        if not self.closed.done():
            self.closed.set_result(reason)
            self._digit_callbacks.clear()

    def _on_digit(self, digit: Any) -> None:
        for callback in list(self._digit_callbacks):
            callback(digit.digit, digit.duration_ms)

    def _on_quality(self, stats: CallStats) -> None:
        self._quality = stats
