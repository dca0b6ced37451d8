"""How long the words of an answer should be heard: as long as drill engines noted that they made them."""

from collections.abc import Sequence

from steadyline.drills.logbook import Entry
from steadyline.drills.tone_score import ExpectedWord, expected_words
from steadyline.drills.tone_speech import words_of

GREETING = "hello caller"


def expected_of(text: str, entries: Sequence[Entry]) -> list[ExpectedWord]:
    """The words of an answer, each as long as the voices made it; a clause may have been rendered more than once.

    The greeting is rendered before any call, by each voice and again by one that was restarted: it may have any length.

    Args:
        text: of the whole answer, its clauses ended by full stops.
        entries: of the logbook, of the time of the call.
    """
    if text == GREETING:
        return expected_words(text, varied=True)
    rendered: dict[tuple[str, ...], list[list[float]]] = {}
    for entry in entries:
        if entry.event == "rendering ended":
            rendered.setdefault(tuple(words_of(entry.facts["text"])), []).append(entry.facts["lengths_s"])
    expected: list[ExpectedWord] = []
    for clause in text.split("."):
        nominal = expected_words(clause, varied=True)
        made = rendered.get(tuple(word.word for word in nominal))
        if made:
            lengths = list(zip(*made, strict=True))
            nominal = [ExpectedWord(word.word, min(one), max(one)) for word, one in zip(nominal, lengths, strict=True)]
        expected += nominal
    return expected
