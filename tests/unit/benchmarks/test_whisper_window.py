"""Two windows side by side: the words of all utterances together, and the time of each."""

import numpy as np
from benchmarks.whisper_window import _figures, as_heard

from steadyline.bench.endpointing.recording import Recording


def row(text: str, short: str, usual: str, short_ms: float, *, fell_back: bool = False) -> dict[str, object]:
    return {
        "text": text,
        "short": {"text": short, "ms": short_ms, "fell_back": fell_back},
        "usual": {"text": usual, "ms": 1000.0, "fell_back": False},
    }


def test_words_are_counted_over_all_utterances_and_time_in_each() -> None:
    rows = [
        row("One two three four.", "one two three", "One, two, three, four!", 200.0),
        row("My name is Peter", "My name is Peter.", "my name is petra", 300.0, fell_back=True),
        row("What is it?", "What is it?", "What is it?", 100.0),
    ]
    figures = {figure.name: figure for figure in _figures(rows)}
    assert figures["word error rate, short window"].value == figures["word error rate, usual window"].value > 0
    assert figures["short less usual"].value == 0 and figures["short less usual"].met
    assert figures["heard again with the usual window"].value == 1
    assert figures["texts that loop, short window"].met
    assert figures["time, short by usual, of each utterance"].value == 0.2


def test_a_loop_is_found() -> None:
    figures = {figure.name: figure for figure in _figures([row("Yes.", "yes " * 40, "Yes.", 900.0)])}
    assert not figures["texts that loop, short window"].met
    assert not figures["short less usual"].met and not figures["time, short by usual, of each utterance"].met


def test_an_utterance_is_heard_through_the_telephone() -> None:
    samples = (0.3 * np.sin(np.arange(48_000) * 0.4)).astype(np.float32)
    heard = as_heard(Recording("x", "x", samples, 16_000, 3.0, False))
    assert heard.dtype == np.float32 and len(heard) == round(3.6 * 16_000)
    assert float(np.abs(heard[:4000]).max()) < 0.01 < float(np.abs(heard).max())
