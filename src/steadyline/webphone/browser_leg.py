"""The leg to the browser: one WebRTC connection, with the call's sound and a data channel for what the page shows."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.jitterbuffer import JitterBuffer
from aiortc.mediastreams import MediaStreamTrack

from steadyline.webphone.confinement import confine
from steadyline.webphone.line_track import LineTrack
from steadyline.webphone.offer import OfferError, vetted_offer

PACKETS_KEPT, PACKETS_AHEAD = 16, 1
"""The stack's jitter buffer holds four packets back, 80 ms of every answer; on the loopback none overtakes another."""
FAREWELL_S = 1.0
"""A page that was told the end closes its side; the last message is given so long to get there."""


class BrowserLeg:
    """A connection to one browser; made by `answer`.

    Attributes:
        line: what the browser hears.
        voice: what the browser sends: frames of int16 stereo at 48 kHz.
        connected: resolves when the connection is up.
        closed: resolves when it is over, whoever ended it.

    Args:
        on_message: gets what the page sends over the data channel: small JSON objects; anything else is ignored.
        max_message_chars: what is longer is ignored, too.
    """

    def __init__(self, on_message: Callable[[dict[str, Any]], None], max_message_chars: int) -> None:
        loop = asyncio.get_running_loop()
        # No servers: without this line the stack would ask one of somebody else's for our address.
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._on_message = on_message
        self._max_message_chars = max_message_chars
        self._channel: RTCDataChannel | None = None
        self._unsent: list[str] = []
        self.line = LineTrack()
        self.voice: MediaStreamTrack | None = None
        self.connected: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._peer.on("track", self._take_track)
        self._peer.on("datachannel", self._take_channel)
        self._peer.on("connectionstatechange", self._note_state)

    async def answer(self, sdp: str) -> str:
        """Our answer to the browser's offer, as SDP.

        Raises:
            OfferError: the offer cannot be answered; the leg is closed then.
        """
        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(vetted_offer(sdp), "offer"))
            self._peer.addTrack(self.line)
            await self._peer.setLocalDescription(await self._peer.createAnswer())
            confine(self._peer)
        except OfferError:
            await self._abandon()
            raise
        except Exception as error:  # what the stack's parser makes of an offer that no browser wrote has no common base
            await self._abandon()
            raise OfferError(f"sdp: cannot be answered: {error!r}"[:200]) from error
        if self.voice is None:
            await self._abandon()
            raise OfferError("sdp: the audio stream sends nothing; expected a=sendrecv")
        return str(self._peer.localDescription.sdp)

    def tell(self, message: dict[str, Any]) -> None:
        """Send the page a JSON object, now or as soon as its data channel is open."""
        text = json.dumps(message, ensure_ascii=False)
        if self._channel is None or self._channel.readyState != "open":
            self._unsent.append(text)
        else:
            self._channel.send(text)

    async def close(self) -> None:
        """Wait a moment for what was told last, then end the connection."""
        if self.connected.done() and not self.closed.done():
            await asyncio.wait({self.closed}, timeout=FAREWELL_S)
        self.line.stop()
        await self._peer.close()

    async def _abandon(self) -> None:
        """Close what an offer has brought about that came to nothing."""
        try:
            await self._peer.close()
        except AttributeError:
            # The stack stumbles over a stream that was made and not connected yet; nothing of it is open then.
            logging.getLogger(__name__).debug("an offer was abandoned half way")

    def _take_track(self, track: MediaStreamTrack) -> None:
        self.voice = track
        for receiver in self._peer.getReceivers():
            receiver._RTCRtpReceiver__jitter_buffer = JitterBuffer(PACKETS_KEPT, PACKETS_AHEAD)  # type: ignore[attr-defined]

    def _take_channel(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("message", self._take_message)
        for text in self._unsent:
            channel.send(text)
        self._unsent.clear()

    def _take_message(self, text: object) -> None:
        if not isinstance(text, str) or len(text) > self._max_message_chars:
            return
        with suppress(ValueError, RecursionError):
            message = json.loads(text)
            if isinstance(message, dict):
                self._on_message(message)

    def _note_state(self) -> None:
        state = self._peer.connectionState
        logging.getLogger(__name__).debug("connection to the browser: %s", state)
        if state == "connected" and not self.connected.done():
            self.connected.set_result(None)
        if state in ("failed", "closed") and not self.closed.done():
            self.closed.set_result(None)
