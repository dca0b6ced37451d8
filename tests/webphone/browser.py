"""A browser's side of a call, by the same WebRTC stack: what it says, what it hears, what its page is told."""

import asyncio
import json
from fractions import Fraction
from typing import Any

import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

# Importing it keeps the stack to this machine, on this side, too.
from steadyline.webphone import confinement
from steadyline.webphone.line_track import BROWSER_HZ

Int16 = np.ndarray[Any, np.dtype[np.int16]]
FRAME = BROWSER_HZ // 50
AUDIBLE = 100
assert "127.0.0.1" in confinement.offered_addresses()


class Microphone(MediaStreamTrack):
    """Silence, and what `say` puts into it, at the pace of a microphone."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._said = np.zeros(0, np.int16)
        self._sent = 0
        self._begun_at: float | None = None

    def say(self, samples: Int16) -> None:
        """Int16 mono at 48 kHz."""
        self._said = np.concatenate([self._said, samples])

    async def recv(self) -> AudioFrame:
        now = asyncio.get_running_loop().time()
        if self._begun_at is None:
            self._begun_at = now
        await asyncio.sleep(max(0.0, self._begun_at + self._sent / BROWSER_HZ - now))
        block, self._said = np.split(self._said, [FRAME])
        padded = np.concatenate([block, np.zeros(FRAME - block.size, np.int16)])
        frame = AudioFrame.from_ndarray(padded.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = BROWSER_HZ, Fraction(1, BROWSER_HZ), self._sent
        self._sent += FRAME
        return frame


class Browser:
    """One call from a page at `address`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._frames: list[Int16] = []
        self._listening: asyncio.Task[None] | None = None
        self.microphone = Microphone()
        self.messages: list[dict[str, Any]] = []
        self.token = ""
        self._channel = self._peer.createDataChannel("call")
        self._channel.on("message", lambda text: self.messages.append(json.loads(text)))
        self._peer.addTrack(self.microphone)
        self._peer.on("track", self._listen)

    async def call(self) -> httpx.Response:
        """Send the offer; the connection comes up in the background."""
        await self._peer.setLocalDescription(await self._peer.createOffer())
        local = self._peer.localDescription
        response = await self.post("offer", {"type": local.type, "sdp": local.sdp})
        if response.status_code == 200:
            answer = response.json()
            self.token = answer["call_id"]
            await self._peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], answer["type"]))
        return response

    async def post(self, path: str, content: object) -> httpx.Response:
        """A request as the page makes it."""
        headers = {"Origin": self._address.rstrip("/")}
        async with httpx.AsyncClient() as client:
            return await client.post(self._address + path, json=content, headers=headers, timeout=30)

    async def hang_up(self) -> None:
        """As the page's button does."""
        await self.post("hang-up", {"call_id": self.token})

    def press(self, digit: str) -> None:
        """A key of the keypad."""
        self._channel.send(json.dumps({"digit": digit}))

    def type(self, text: str, line: object = 1) -> None:
        """Enter, after this was typed."""
        self.send({"typed": text, "line": line})

    def send(self, message: object) -> None:
        """Whatever a page may put into the data channel."""
        self._channel.send(json.dumps(message))

    async def close(self) -> None:
        """As a page that is closed."""
        if self._listening is not None:
            self._listening.cancel()
        await self._peer.close()

    def vanish(self) -> None:
        """As a browser whose process is stopped: nothing is sent any more, and nothing said about it."""
        self.microphone.stop()
        for sender in self._peer.getSenders():
            sender.replaceTrack(None)

    @property
    def heard(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """All sounds that were heard so far, float32 mono at 48 kHz; of the silences between them only 20 ms are left."""
        loud = [bool(np.abs(frame).max() > AUDIBLE) for frame in self._frames]
        kept = [frame for frame, *near in zip(self._frames, loud, [False, *loud], strict=False) if any(near)]
        joined = np.concatenate(kept) if kept else np.zeros(0, np.int16)
        return joined.astype(np.float32) / np.float32(32768)

    @property
    def states(self) -> list[str]:
        """The states that the page was told."""
        return [message["state"] for message in self.messages if "state" in message]

    @property
    def ending(self) -> str:
        """Why it was over."""
        return next(str(message["why"]) for message in self.messages if message.get("state") == "ended")

    @property
    def turns(self) -> dict[int, dict[str, Any]]:
        """The newest version of each turn that the page was told."""
        return {message["turn"]["number"]: message["turn"] for message in self.messages if "turn" in message}

    @property
    def replies(self) -> dict[int, tuple[bool, str]]:
        """What became of each line that was typed: whether it was taken; the line, or why not."""
        return {one["line"]: (one["taken"], one["text"]) for one in self.messages if "line" in one}

    def _listen(self, track: MediaStreamTrack) -> None:
        async def listen() -> None:
            while True:
                try:
                    frame: Any = await track.recv()
                except MediaStreamError:
                    return
                samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
                self._frames.append(np.asarray(samples.mean(axis=1), np.int16))

        self._listening = asyncio.ensure_future(listen())
