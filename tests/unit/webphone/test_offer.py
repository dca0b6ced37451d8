"""Which offers a telephone takes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.webphone.offer import MAX_LINE_CHARS, MAX_OFFER_BYTES, OfferError, vetted_offer

HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendrecv\r\n"
DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n"
CANDIDATES = (
    "a=candidate:1 1 udp 2113937151 0a1b2c3d-0000-4000-8000-000000000000.local 54321 typ host\r\n"
    "a=candidate:2 1 udp 1677729535 203.0.113.7 9 typ srflx raddr 0.0.0.0 rport 0\r\na=end-of-candidates\r\n"
)


@pytest.mark.parametrize("media", [AUDIO, AUDIO + DATA, DATA + AUDIO])
def test_a_browsers_offer_is_taken_without_its_addresses(media: str) -> None:
    assert vetted_offer(HEAD + media + CANDIDATES) == HEAD + media


@pytest.mark.parametrize(
    ("sdp", "complaint"),
    [
        ("", "begins with v=0"),
        ("hello", "begins with v=0"),
        (HEAD, "found nothing; expected one audio stream"),
        (HEAD + DATA, "found application"),
        (HEAD + AUDIO + AUDIO, "found audio, audio"),
        (HEAD + AUDIO + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "found audio, video"),
        (HEAD + AUDIO + "a=x:" + "y" * MAX_LINE_CHARS, "too long"),
        (HEAD + AUDIO + "a=x\r\n" * MAX_OFFER_BYTES, "too long"),
    ],
)
def test_anything_else_is_refused_with_what_was_found(sdp: str, complaint: str) -> None:
    with pytest.raises(OfferError, match=complaint):
        vetted_offer(sdp)


@given(st.text(max_size=300))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    for sdp in (text, HEAD + text, HEAD + AUDIO + text):
        with suppress(OfferError):
            assert "a=candidate" not in vetted_offer(sdp)
