"""A browser's offer (SDP, RFC 8866), before the WebRTC stack gets to see it."""

from steadyline.errors import SteadylineError

MAX_OFFER_BYTES = 32_768
"""Chromium's offer of one audio track and a data channel has some 3,000."""
MAX_LINE_CHARS = 2_000


class OfferError(SteadylineError):
    """The offer is not one that a telephone can answer; the text says what it has to be."""


def vetted_offer(sdp: str) -> str:
    """The offer without its ICE candidates.

    The browser finds us by ours, and its connectivity checks tell where it is (peer-reflexive, RFC 8445, 7.3.1.3). So no
    name of multicast DNS, which browsers write for their addresses, has to be looked up, and no offer can make us send
    anything to somebody who has not asked for it.

    Raises:
        OfferError: it is not SDP with one audio stream and at most one data channel.
    """
    lines = sdp.splitlines()
    if not lines or lines[0].strip() != "v=0":
        raise OfferError("sdp: expected a session description that begins with v=0")
    if len(sdp.encode()) > MAX_OFFER_BYTES or any(len(line) > MAX_LINE_CHARS for line in lines):
        raise OfferError(f"sdp: too long; allowed are {MAX_OFFER_BYTES} bytes and lines of {MAX_LINE_CHARS} characters")
    media = [line[2:].split(" ", 1)[0] for line in lines if line.startswith("m=")]
    if media not in (["audio"], ["audio", "application"], ["application", "audio"]):
        found = ", ".join(media)[:100] or "nothing"
        raise OfferError(f"sdp: found {found}; expected one audio stream and at most one data channel")
    kept = [line for line in lines if not line.startswith(("a=candidate:", "a=end-of-candidates"))]
    return "\r\n".join(kept) + "\r\n"
