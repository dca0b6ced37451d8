"""A caller over bare sockets, for what no well-behaved phone does: it sends any message twice and times each RTP packet."""

import re
import socket
import struct
import time
from dataclasses import dataclass

_SDP = "v=0\r\no=raw 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {payload_type}\r\n"


@dataclass(frozen=True)
class RtpPacket:
    """One received packet (RFC 3550, 5.1) and when it came."""

    arrived_s: float
    sequence: int
    timestamp: int
    payload: bytes


class RawCaller:
    """One call over UDP with PCMU (payload type 0) or PCMA (8), SIP on `port` and RTP on `port + 20`."""

    def __init__(self, agent_port: int, port: int, payload_type: int = 0) -> None:
        self.payload_type = payload_type
        self._agent = ("127.0.0.1", agent_port)
        self._port = port
        self._call_id = f"raw{port}{time.monotonic_ns()}"
        self._to_tag = ""
        self._sip = self._socket(port)
        self._rtp = self._socket(port + 20)
        self._rtp_peer = self._agent

    @property
    def address(self) -> str:
        """Its SIP address."""
        return f"sip:raw@127.0.0.1:{self._port}"

    @staticmethod
    def _socket(port: int) -> socket.socket:
        opened = socket.socket(type=socket.SOCK_DGRAM)
        opened.bind(("127.0.0.1", port))
        opened.settimeout(5.0)
        return opened

    def send(self, method: str, sequence: int, branch: str) -> None:
        """Send a request; the INVITE carries an offer."""
        body = _SDP.format(port=self._port + 20, payload_type=self.payload_type) if method == "INVITE" else ""
        content = "Content-Type: application/sdp\r\n" if body else ""
        host = f"127.0.0.1:{self._port}"
        message = (
            f"{method} sip:agent@127.0.0.1:{self._agent[1]} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{branch}\r\n"
            f"From: <sip:raw@{host}>;tag=raw\r\nTo: <sip:agent@127.0.0.1:{self._agent[1]}>{self._to_tag}\r\n"
            f"Call-ID: {self._call_id}\r\nCSeq: {sequence} {method}\r\nContact: <sip:raw@{host}>\r\n"
            f"Max-Forwards: 70\r\n{content}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._sip.sendto(message.encode(), self._agent)

    def receive(self) -> str:
        """The next message."""
        return self._sip.recv(8192).decode()

    def await_status(self, status: int) -> str:
        """The next response with that status; a request before it is an error."""
        while True:
            message = self.receive()
            assert message.startswith("SIP/2.0"), message
            if message.startswith(f"SIP/2.0 {status}"):
                tag = re.search(r"^To:.*(;tag=\S+)\r$", message, re.MULTILINE)
                self._to_tag = tag.group(1) if tag and status >= 200 else self._to_tag
                media = re.search(r"^m=audio (\d+)", message, re.MULTILINE)
                self._rtp_peer = ("127.0.0.1", int(media.group(1))) if media else self._rtp_peer
                return message

    def establish(self) -> None:
        """INVITE, 200, ACK."""
        self.send("INVITE", 1, "invite")
        self.await_status(200)
        self.send("ACK", 1, "ack")

    def hang_up(self) -> None:
        self.send("BYE", 2, "bye")
        self.await_status(200)

    def send_rtp(self, sequence: int, payload: bytes) -> None:
        """A packet of G.711; its timestamp follows from its number."""
        header = struct.pack("!BBHII", 0x80, self.payload_type, sequence & 0xFFFF, sequence * len(payload), 0x5EED)
        self._rtp.sendto(header + payload, self._rtp_peer)

    def receive_rtp(self, seconds: float) -> list[RtpPacket]:
        """All packets that arrive within so long."""
        packets = []
        until_s = time.monotonic() + seconds
        self._rtp.settimeout(0.05)
        while (now_s := time.monotonic()) < until_s:
            try:
                data = self._rtp.recv(2048)
            except TimeoutError:
                continue
            _, _, sequence, timestamp, _ = struct.unpack("!BBHII", data[:12])
            packets.append(RtpPacket(now_s, sequence, timestamp, data[12:]))
        return packets

    def close(self) -> None:
        self._sip.close()
        self._rtp.close()
