"""The parts of a wait, from what Pipecat's frames say about when they passed."""

from collections.abc import Sequence
from typing import Any

from benchmarks.exchanges import Exchange

Event = dict[str, Any]


def in_window(events: Sequence[Event], start_s: float, end_s: float) -> list[Event]:
    """The events from `start_s` on, before `end_s`."""
    return [event for event in events if start_s <= event["at_s"] < end_s]


def texts(events: Sequence[Event]) -> tuple[str, str]:
    """What was understood, and what was replied, in the events of one utterance."""
    heard = " ".join(str(event["text"]).strip() for event in events if event["kind"] == "transcript")
    # The pieces of an answer bring their own spaces; those of a second answer begin without one.
    replied = "".join(
        str(event["text"]) if event["kind"] == "text" else " "
        for event in events
        if event["kind"] in ("text", "prompt")
    )
    return heard, replied.strip()


def peer_stages(events: Sequence[Event], exchange: Exchange) -> dict[str, float]:
    """Milliseconds of each stage of the answer that the caller waited for; a stage that nothing tells of is left out.

    `end_of_turn`: end of speech to the prompt, `transcription` (part of it): from the VAD's end of speech to the text,
    `llm_first_token`: prompt to first text, `first_sentence`: from there to what is given to the voice, `tts_first_byte`:
    from there to its first audio, `media_path`: from there to heard.
    """
    if exchange.answer_start_s is None:
        return {}
    before = [event for event in events if event["at_s"] <= exchange.answer_start_s]
    prompt = _last(before, "prompt")
    if prompt is None:
        return {}
    transcript = _last([event for event in before if event["at_s"] <= prompt], "transcript")
    stopped = None if transcript is None else _last([e for e in before if e["at_s"] <= transcript], "speech-stopped")
    answer = [event for event in before if event["at_s"] >= prompt]
    text, given, audio = (_first(answer, kind) for kind in ("text", "tts-started", "audio"))
    spans = {
        "end_of_turn": (exchange.said_end_s, prompt),
        "transcription": (stopped, transcript),
        "llm_first_token": (prompt, text),
        "first_sentence": (text, given),
        "tts_first_byte": (given, audio),
        "media_path": (audio, exchange.answer_start_s),
    }
    return {
        name: round((end - begin) * 1000, 1)
        for name, (begin, end) in spans.items()
        if begin is not None and end is not None
    }


def _first(events: Sequence[Event], kind: str) -> float | None:
    return next((float(event["at_s"]) for event in events if event["kind"] == kind), None)


def _last(events: Sequence[Event], kind: str) -> float | None:
    return _first(list(reversed(events)), kind)
