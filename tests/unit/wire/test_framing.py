"""Frames: the header's bytes, any cutting of the stream, and every header that is not allowed."""

import pytest

from steadyline.errors import WireError
from steadyline.wire.framing import HEADER, MAX_BODY_BYTES, Frame, FrameDecoder, encode_frame


def test_the_header_is_sixteen_bytes_in_network_order() -> None:
    data = encode_frame(Frame(0x20, 0x0102030405060708, b"abc"))
    assert data == bytes.fromhex("00000003 20 00 0000 0102030405060708") + b"abc"
    assert HEADER.size == 16


def test_a_stream_may_be_cut_anywhere() -> None:
    frames = [Frame(1, 1, b""), Frame(255, 2, b"x" * 40), Frame(0, 3, b"y")]
    stream = b"".join(map(encode_frame, frames))
    for size in range(1, len(stream) + 1):
        decoder, seen = FrameDecoder(), list[Frame]()
        for at in range(0, len(stream), size):
            seen += decoder.feed(stream[at : at + size])
        assert seen == frames


def test_the_longest_body_passes_and_one_byte_more_does_not() -> None:
    longest = Frame(0x61, 1, bytes(MAX_BODY_BYTES))
    assert FrameDecoder().feed(encode_frame(longest)) == [longest]
    with pytest.raises(WireError) as caught:
        encode_frame(Frame(0x61, 1, bytes(MAX_BODY_BYTES + 1)))
    assert caught.value.code == "frame-too-long"


def test_a_header_is_judged_before_its_body_comes() -> None:
    header = HEADER.pack(MAX_BODY_BYTES + 1, 0x20, 0, 0, 1)
    with pytest.raises(WireError) as caught:
        FrameDecoder().feed(header)
    assert caught.value.code == "frame-too-long"
    assert str(MAX_BODY_BYTES + 1) in str(caught.value) and str(MAX_BODY_BYTES) in str(caught.value)


@pytest.mark.parametrize(
    ("code", "header"),
    [
        ("bad-header", HEADER.pack(0, 1, 1, 0, 1)),
        ("bad-header", HEADER.pack(0, 1, 0, 1, 1)),
        ("bad-header", HEADER.pack(0, 1, 0x80, 0x8000, 1)),
        ("bad-seq", HEADER.pack(0, 1, 0, 0, 0)),
        ("bad-seq", HEADER.pack(0, 1, 0, 0, 2)),
        ("bad-seq", HEADER.pack(0, 1, 0, 0, (1 << 64) - 1)),
    ],
)
def test_headers_that_are_not_allowed(code: str, header: bytes) -> None:
    with pytest.raises(WireError) as caught:
        FrameDecoder().feed(header)
    assert caught.value.code == code


@pytest.mark.parametrize("second_seq", [0, 1, 3])
def test_each_direction_counts_without_gap_or_return(second_seq: int) -> None:
    decoder = FrameDecoder()
    decoder.feed(encode_frame(Frame(1, 1, b"")))
    with pytest.raises(WireError) as caught:
        decoder.feed(encode_frame(Frame(1, second_seq, b"")))
    assert caught.value.code == "bad-seq"
    assert "expected 2" in str(caught.value)


def test_what_is_held_is_one_unfinished_frame() -> None:
    decoder = FrameDecoder()
    decoder.feed(encode_frame(Frame(1, 1, b"abc")) + encode_frame(Frame(1, 2, b"abc"))[:-1])
    assert repr(decoder) == "<FrameDecoder next_seq=2 held=18 bytes>"
