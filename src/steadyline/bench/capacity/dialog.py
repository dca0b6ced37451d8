"""One call over SIP and UDP from the caller's side (RFC 3261), no more of it than a call that nothing happens to needs. Pure."""

import re
from dataclasses import dataclass

_STATUS = re.compile(r"^SIP/2\.0 (\d{3}) ?(.*)$", re.MULTILINE)
_TO_TAG = re.compile(r"^(?:To|t)\s*:.*(;tag=\S+)\s*$", re.MULTILINE | re.IGNORECASE)
_CONTACT = re.compile(r"^(?:Contact|m)\s*:.*?<([^>]+)>", re.MULTILINE | re.IGNORECASE)
_MEDIA_PORT = re.compile(r"^m=audio (\d+) ", re.MULTILINE)
CALL_ID = re.compile(r"^(?:Call-ID|i)\s*:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
_COPIED = re.compile(r"^(?:Via|v|From|f|To|t|Call-ID|i|CSeq)\s*:.*$", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """A final answer to the INVITE.

    Attributes:
        status: 200 to 699.
        media_port: where audio is to be sent; 0 when it was refused.
    """

    status: int
    media_port: int


class Dialog:
    """A call that is being made.

    Args:
        target: host and port that is called.
        local: our host and SIP port.
        media_port: our RTP port.
        call_id: the Call-ID.
    """

    def __init__(self, target: tuple[str, int], local: tuple[str, int], media_port: int, call_id: str) -> None:
        self._target = f"{target[0]}:{target[1]}"
        self._host, self._local = local[0], f"{local[0]}:{local[1]}"
        self._media_port = media_port
        self._call_id = call_id
        self._to_tag = ""
        self._contact = f"sip:agent@{self._target}"
        self.answer: Answer | None = None

    def invite(self) -> bytes:
        """The INVITE, with an offer of G.711 µ-law."""
        offer = (
            f"v=0\r\no=bench 1 1 IN IP4 {self._host}\r\ns=-\r\nc=IN IP4 {self._host}\r\nt=0 0\r\n"
            f"m=audio {self._media_port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )
        return self._request("INVITE", f"sip:agent@{self._target}", 1, "invite", offer)

    def bye(self) -> bytes:
        """The end of an answered call."""
        return self._request("BYE", self._contact, 2, "bye")

    def take(self, message: str) -> bytes | None:
        """What to send for a message of this call; `answer` is set once the INVITE was answered."""
        status = _STATUS.match(message)
        if status is None:
            copied = "\r\n".join(line.strip() for line in _COPIED.findall(message))
            return f"SIP/2.0 200 OK\r\n{copied}\r\nContent-Length: 0\r\n\r\n".encode()
        code = int(status[1])
        if code < 200 or "INVITE" not in message.split("CSeq", 1)[-1].splitlines()[0]:
            return None
        tag, contact, media = _TO_TAG.search(message), _CONTACT.search(message), _MEDIA_PORT.search(message)
        self._to_tag = tag[1] if tag else ""
        is_taken = code < 300 and media is not None
        self._contact = contact[1] if contact and is_taken else self._contact
        self.answer = Answer(code, int(media[1]) if is_taken and media else 0)
        # The ACK of a refusal belongs to the INVITE's transaction (RFC 3261, 17.1.1.3), that of an answer is one of its own.
        uri, branch = (self._contact, "ack") if is_taken else (f"sip:agent@{self._target}", "invite")
        return self._request("ACK", uri, 1, branch)

    def _request(self, method: str, uri: str, sequence: int, branch: str, body: str = "") -> bytes:
        content = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self._local};branch=z9hG4bK{self._call_id}{branch}\r\n"
            f"From: <sip:bench@{self._local}>;tag={self._call_id}\r\nTo: <sip:agent@{self._target}>{self._to_tag}\r\n"
            f"Call-ID: {self._call_id}\r\nCSeq: {sequence} {method}\r\nContact: <sip:bench@{self._local}>\r\n"
            f"Max-Forwards: 70\r\n{content}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
