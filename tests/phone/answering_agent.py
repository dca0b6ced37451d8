"""A far end that owes nothing to our SIP stack: its times are those of the packets on the wire.

Answers one call after another over UDP with PCMU (RFC 3261, RFC 3550, RFC 3551), plays a greeting, and answers each
utterance with a tone that begins exactly `--delay` seconds after the utterance's last audible sample, counted from the
arrival of the packet that holds it. Prints one JSON object a line: the port first, then what it did and when.
"""

import argparse
import json
import random
import selectors
import socket
import struct
import time
from dataclasses import dataclass, field

import numpy as np

RATE_HZ = 8000
PACKET_SAMPLES = 160
PACKET_S = PACKET_SAMPLES / RATE_HZ
AUDIBLE = 300
# An utterance is over when nothing was audible for so long; the least delay that can be kept.
PAUSE_S = 0.25
RINGING_S = 0.1


def ulaw_decoded(payload: bytes) -> np.ndarray:
    """G.711 µ-law to int16 (ITU-T G.711, table 2)."""
    code = ~np.frombuffer(payload, np.uint8)
    magnitude = ((((code & 0x0F).astype(np.int32) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def ulaw_encoded(samples: np.ndarray) -> bytes:
    """Int16 to G.711 µ-law by looking for the nearest code."""
    codes = np.arange(256, dtype=np.uint8)
    values = ulaw_decoded(codes.tobytes()).astype(np.int32)
    order = np.argsort(values, kind="stable")
    middles = (values[order][1:] + values[order][:-1]) / 2
    return codes[order][np.searchsorted(middles, samples)].tobytes()


def tone(seconds: float, frequency_hz: float) -> np.ndarray:
    """A tone that is at full strength from its first sample to its last."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (8000 * np.cos(2 * np.pi * frequency_hz * t)).astype(np.int16)


@dataclass
class Line:
    """The media of one call."""

    options: argparse.Namespace
    peer: tuple[str, int]
    started_s: float
    sent: int = 0
    speaking_until_s: float = 0.0
    heard_end_s: float | None = None
    scheduled: list[tuple[float, np.ndarray]] = field(default_factory=list)
    ssrc: int = field(default_factory=lambda: random.getrandbits(32))

    def greet(self) -> None:
        if self.options.greeting:
            self.play(self.started_s + 0.5, tone(self.options.greeting, 440.0), "greeting")

    def play(self, at_s: float, samples: np.ndarray, what: str) -> None:
        self.scheduled.append((at_s, samples))
        self.speaking_until_s = at_s + samples.size / RATE_HZ
        say(event=what, at_s=at_s - self.started_s, until_s=self.speaking_until_s - self.started_s)

    def received(self, payload: bytes, now_s: float) -> None:
        audible = np.flatnonzero(np.abs(ulaw_decoded(payload).astype(np.int32)) > AUDIBLE)
        if audible.size:
            self.heard_end_s = now_s + (int(audible[-1]) + 1) / RATE_HZ

    def decide(self, now_s: float) -> None:
        if self.heard_end_s is None or now_s < self.heard_end_s + PAUSE_S:
            return
        end_s, self.heard_end_s = self.heard_end_s, None
        say(event="heard", until_s=end_s - self.started_s)
        for pause_s, seconds in ((0.0, self.options.reply), (self.options.clause_pause, self.options.reply)):
            if pause_s or seconds == self.options.reply:
                begin_s = max(end_s + self.options.delay, self.speaking_until_s + pause_s)
                self.play(begin_s, tone(seconds, 660.0), "reply")
            if not self.options.clause_pause:
                break

    def due_packet(self, now_s: float) -> bytes | None:
        at_s = self.started_s + self.sent * PACKET_S
        if now_s < at_s:
            return None
        samples = np.zeros(PACKET_SAMPLES, np.int16)
        for begin_s, sound in self.scheduled:
            offset = round((begin_s - at_s) * RATE_HZ)
            first, last = max(0, offset), min(PACKET_SAMPLES, offset + sound.size)
            if first < last:
                samples[first:last] = sound[first - offset : last - offset]
        header = struct.pack(
            ">BBHII", 0x80, 0, self.sent & 0xFFFF, (self.sent * PACKET_SAMPLES) & 0xFFFFFFFF, self.ssrc
        )
        self.sent += 1
        return header + ulaw_encoded(samples)


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def header(message: str, name: str) -> str:
    lines = [line for line in message.split("\r\n") if line.lower().startswith(name.lower() + ":")]
    return "\r\n".join(lines)


def response(message: str, status: str, body: str = "", contact: str = "") -> bytes:
    """A response with the headers that RFC 3261, section 8.2.6.2 wants copied."""
    to = header(message, "To")
    if ";tag=" not in to:
        to += ";tag=agent"
    lines = [f"SIP/2.0 {status}", header(message, "Via"), header(message, "From"), to]
    lines += [header(message, "Call-ID"), header(message, "CSeq"), f"Contact: <{contact}>"]
    if body:
        lines.append("Content-Type: application/sdp")
    lines += [f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()


class Agent:
    """One SIP socket, one RTP socket, one call at a time."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self.rtp.bind(("127.0.0.1", 0))
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.sip, selectors.EVENT_READ, self.on_sip)
        self.selector.register(self.rtp, selectors.EVENT_READ, self.on_rtp)
        self.line: Line | None = None
        self.invited: tuple[str, int] | None = None
        self.ringing: tuple[float, str, tuple[str, int]] | None = None
        self.contact = f"sip:agent@127.0.0.1:{self.sip.getsockname()[1]}"

    def run(self) -> None:
        say(event="listening", uri=self.contact)
        while True:
            for key, _ in self.selector.select(0.001):
                key.data()
            now_s = time.monotonic()
            if self.ringing and now_s > self.ringing[0] + RINGING_S:
                _, message, peer = self.ringing
                self.ringing = None
                self.answer(message, peer)
            if self.line is None:
                continue
            while (packet := self.line.due_packet(now_s)) is not None:
                self.rtp.sendto(packet, self.line.peer)
            self.line.decide(now_s)
            if self.options.hang_up and now_s > self.line.started_s + self.options.hang_up:
                self.hang_up()

    def on_sip(self) -> None:
        data, peer = self.sip.recvfrom(65536)
        message = data.decode(errors="replace")
        method = message.split(" ", 1)[0]
        if method == "INVITE":
            self.sip.sendto(response(message, "180 Ringing", contact=self.contact), peer)
            self.ringing = (time.monotonic(), message, peer)
        elif method == "ACK" and self.invited and self.line is None:
            self.line = Line(self.options, self.invited, time.monotonic())
            say(event="answered", monotonic_s=self.line.started_s)
            self.line.greet()
        elif method == "BYE":
            self.sip.sendto(response(message, "200 OK", contact=self.contact), peer)
            self.line = None
            say(event="ended")

    def answer(self, message: str, peer: tuple[str, int]) -> None:
        if self.options.refuse:
            self.sip.sendto(response(message, self.options.refuse, contact=self.contact), peer)
            return
        port = next(line.split()[1] for line in message.split("\r\n") if line.startswith("m=audio"))
        self.invited = ("127.0.0.1", int(port))
        self.dialogue = (message, peer)
        own = self.rtp.getsockname()[1]
        sdp = "\r\n".join(
            ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", f"m=audio {own} RTP/AVP 0", ""]
        )
        self.sip.sendto(response(message, "200 OK", sdp, self.contact), peer)

    def on_rtp(self) -> None:
        packet = self.rtp.recv(2048)
        if self.line is not None and packet[1] & 0x7F == 0:
            self.line.received(packet[12:], time.monotonic())

    def hang_up(self) -> None:
        message, peer = self.dialogue
        target = header(message, "Contact").split("<", 1)[1].split(">", 1)[0]
        lines = [f"BYE {target} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.sip.getsockname()[1]};branch=z9hG4bKbye"]
        lines += ["From: " + header(message, "To").split(":", 1)[1].strip() + ";tag=agent"]
        lines += ["To: " + header(message, "From").split(":", 1)[1].strip(), header(message, "Call-ID")]
        lines += ["CSeq: 1 BYE", "Max-Forwards: 70", "Content-Length: 0", "", ""]
        self.sip.sendto("\r\n".join(lines).encode(), peer)
        self.line = None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--greeting", type=float, default=1.0, help="seconds of the greeting, 0: none")
    parser.add_argument("--delay", type=float, default=0.7, help="seconds from end of utterance to reply")
    parser.add_argument("--reply", type=float, default=1.2, help="seconds of a reply")
    parser.add_argument("--clause-pause", type=float, default=0.0, help="seconds; a second clause follows after it")
    parser.add_argument("--hang-up", type=float, default=0.0, help="seconds after the answer; 0: never")
    parser.add_argument("--refuse", default="", help="status to refuse with, e.g. '486 Busy Here'")
    Agent(parser.parse_args()).run()


if __name__ == "__main__":
    main()
