"""How the configuration has answers cut."""

import pytest

from steadyline.config import Config
from steadyline.services.fixed_texts import clause_splitter

WEEK = "A week is seven days."
CAPITAL = "The capital of France is Paris."


def clauses(config: Config, text: str, *, is_begun: bool = False) -> list[str]:
    splitter = clause_splitter(config, is_begun=is_begun)
    return [*splitter.feed(text), *splitter.flush()]


@pytest.mark.parametrize(
    ("engine", "first_chars", "phrase_chars", "text", "first"),
    [
        ("piper", 12, 0, WEEK, WEEK),
        ("piper", 12, 0, CAPITAL, "The capital of France"),
        ("piper", 25, 0, CAPITAL, CAPITAL),
        ("piper", 12, 6, WEEK, "A week"),
        ("kokoro", 12, 0, WEEK, "A week"),
        ("kokoro", 12, 12, WEEK, WEEK),
    ],
)
def test_the_shortest_phrase_is_the_configurations_or_the_voices(
    engine: str, first_chars: int, phrase_chars: int, text: str, first: str
) -> None:
    config = Config()
    config.tts.engine = engine
    config.llama.clause_first_chars, config.llama.clause_first_phrase_chars = first_chars, phrase_chars
    assert clauses(config, text)[0] == first


def test_what_goes_on_after_its_first_clause_is_cut_as_with_any_voice() -> None:
    config = Config()
    config.tts.engine = "kokoro"
    assert clauses(config, WEEK, is_begun=True) == [WEEK]
