"""The parts of a peer's wait are those of the answer that the caller waited for."""

import pytest
from benchmarks.exchanges import Exchange
from benchmarks.peer_stages import Event, in_window, peer_stages, texts


def event(at_s: float, kind: str, text: str | None = None) -> Event:
    return {"at_s": at_s, "kind": kind} if text is None else {"at_s": at_s, "kind": kind, "text": text}


ONE_TURN = [
    event(4.2, "speech-stopped"),
    event(4.4, "transcript", "What is it?"),
    event(4.5, "turn-ended"),
    event(4.5, "prompt"),
    event(4.6, "text", "It"),
    event(4.65, "text", " is."),
    event(4.7, "tts-started"),
    event(4.8, "audio"),
]


def test_stages_add_up_to_the_wait() -> None:
    stages = peer_stages(ONE_TURN, Exchange(2.0, 4.0, None, 4.83))
    assert stages == pytest.approx(
        {
            "end_of_turn": 500,
            "transcription": 200,
            "llm_first_token": 100,
            "first_sentence": 100,
            "tts_first_byte": 100,
            "media_path": 30,
        }
    )
    assert sum(stages.values()) - stages["transcription"] == pytest.approx(830)


def test_a_turn_that_was_cut_counts_with_its_last_answer() -> None:
    first_half = [
        event(2.7, "speech-stopped"),
        event(2.8, "transcript", "Let me see,"),
        event(2.9, "prompt"),
        event(3.0, "text", "Yes"),
        event(3.2, "audio"),
    ]
    exchange = Exchange(2.0, 4.0, 3.22, 4.83)
    assert peer_stages([*first_half, *ONE_TURN], exchange) == peer_stages(ONE_TURN, exchange)
    assert texts([*first_half, *ONE_TURN]) == ("Let me see, What is it?", "Yes It is.")


def test_what_nothing_tells_of_is_left_out() -> None:
    assert peer_stages(ONE_TURN, Exchange(2.0, 4.0, None, None)) == {}
    assert peer_stages([event(4.8, "audio")], Exchange(2.0, 4.0, None, 4.9)) == {}
    assert peer_stages([event(4.5, "prompt")], Exchange(2.0, 4.0, None, 4.9)) == pytest.approx({"end_of_turn": 500})


def test_a_window_ends_where_the_next_begins() -> None:
    assert in_window(ONE_TURN, 4.4, 4.6) == ONE_TURN[1:4]
