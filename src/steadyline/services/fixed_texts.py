"""What is said in every call in the same words, and how the configuration has text cut into clauses."""

from steadyline.config import Config
from steadyline.config_speech import LlamaSection
from steadyline.text.clauses import ClauseSplitter
from steadyline.text.phrase_starts import PHRASE_STARTS

NOWHERE: frozenset[str] = frozenset()
SHORTEST_PHRASE_CHARS = {"kokoro": 6}
"""Of a voice that takes long for every character, so that a shorter beginning is heard sooner."""


def clause_splitter(config: Config, *, is_begun: bool) -> ClauseSplitter:
    """Cuts answers as the configuration says; what `is_begun` has its first clause already."""
    settings = config.llama
    before = PHRASE_STARTS.get(settings.language, NOWHERE) if settings.clause_first_phrase else NOWHERE
    usual = settings.clause_first_chars
    shortest = settings.clause_first_phrase_chars or min(usual, SHORTEST_PHRASE_CHARS.get(config.tts.engine, usual))
    return _splitter(settings, before, usual if is_begun else shortest)


def _splitter(settings: LlamaSection, first_before: frozenset[str], first_phrase_chars: int) -> ClauseSplitter:
    longest = settings.clause_max_chars
    return ClauseSplitter(
        max_chars=longest,
        comma_chars=min(80, longest),
        first_min_chars=settings.clause_first_chars,
        first_max_chars=max(settings.clause_first_chars, min(100, longest)),
        first_before=first_before,
        first_phrase_chars=first_phrase_chars,
    )


def greeting_clauses(settings: LlamaSection) -> tuple[str, ...]:
    """The clauses of the greeting, rendered before any call; none when there is no greeting."""
    splitter = _splitter(settings, NOWHERE, settings.clause_first_chars)
    return (*splitter.feed(settings.greeting), *splitter.flush())


def other_fixed_clauses(settings: LlamaSection) -> tuple[str, ...]:
    """What else is said word for word: the apology, the farewell."""
    return tuple(text for text in (settings.apology, settings.farewell) if text)
