"""Which codec was agreed on, read from the SDP answers in the stack's SIP trace.

The stack reports the audio rate of a call and not its codec, and G.711 µ-law and A-law share one rate. Its trace carries
every SIP message whole, with the Call-ID, before the call counts as established.
"""

import logging
import re
import threading

# RFC 3551, table 4: payload types that need no a=rtpmap line.
_STATIC_PAYLOAD_TYPES = {"0": "PCMU", "8": "PCMA", "9": "G722"}
MAX_UNEXPECTED = 64
"""Answers kept for calls that nobody expects yet; of more the oldest are forgotten. Anybody can send some."""

# Anybody can send what these read, so none of them may look twice at one place.
_CALL_ID = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_AUDIO = re.compile(r"^m=audio \d+ \S+ (.+)", re.MULTILINE)
_RTPMAP = re.compile(r"^a=rtpmap:(\d+) ([\w.+-]{1,32})/", re.ASCII | re.MULTILINE)
# An answer travels in a 2xx, or in the ACK when the INVITE had no offer (RFC 3264, RFC 6337).
_MAY_ANSWER = re.compile(r"^(?:SIP/2\.0 2\d\d |ACK )", re.MULTILINE)


def first_audio_codec(sdp: str) -> str | None:
    """The first audio codec that an SDP names, as in its a=rtpmap ("PCMU", "PCMA", "G722", "opus")."""
    audio = _AUDIO.search(sdp)
    if audio is None:
        return None
    names = _STATIC_PAYLOAD_TYPES | dict(_RTPMAP.findall(sdp))
    codecs = (names.get(payload_type) for payload_type in audio.group(1).split())
    return next((codec for codec in codecs if codec and codec.lower() != "telephone-event"), None)


class AnsweredCodecs(logging.Handler):
    """Listens to the trace and holds the codec of each call, from `expect` until `forget`; safe across threads."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._codecs: dict[str, str | None] = {}
        self._unexpected: dict[str, str] = {}
        self._codecs_lock = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        call_id = _CALL_ID.search(message)
        if call_id is None or _MAY_ANSWER.search(message) is None:
            return
        codec = first_audio_codec(message)
        if codec is not None:
            with self._codecs_lock:
                self._note(call_id.group(1), codec)

    def _note(self, sip_call_id: str, codec: str) -> None:
        if sip_call_id in self._codecs:
            self._codecs[sip_call_id] = codec
            return
        self._unexpected[sip_call_id] = codec
        if len(self._unexpected) > MAX_UNEXPECTED:
            del self._unexpected[next(iter(self._unexpected))]

    def expect(self, sip_call_id: str) -> None:
        """There is this call; its answer may have come already."""
        with self._codecs_lock:
            self._codecs[sip_call_id] = self._unexpected.pop(sip_call_id, None)

    def of(self, sip_call_id: str) -> str | None:
        """The codec of the last answer in a call, which is expected from then on; None before there is an answer."""
        with self._codecs_lock:
            if sip_call_id in self._unexpected:
                self._codecs[sip_call_id] = self._unexpected.pop(sip_call_id)
            return self._codecs.get(sip_call_id)

    def forget(self, sip_call_id: str) -> None:
        with self._codecs_lock:
            self._codecs.pop(sip_call_id, None)
