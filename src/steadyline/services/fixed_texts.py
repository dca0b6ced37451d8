"""What is said in every call in the same words, and how the configuration has text cut into clauses."""

from steadyline.config_speech import LlamaSection
from steadyline.text.clauses import ClauseSplitter
from steadyline.text.phrase_starts import PHRASE_STARTS

NOWHERE: frozenset[str] = frozenset()


def clause_splitter(settings: LlamaSection) -> ClauseSplitter:
    """Cuts answers as the configuration says."""
    return _splitter(
        settings, PHRASE_STARTS.get(settings.language, NOWHERE) if settings.clause_first_phrase else NOWHERE
    )


def _splitter(settings: LlamaSection, first_before: frozenset[str]) -> ClauseSplitter:
    longest = settings.clause_max_chars
    return ClauseSplitter(
        max_chars=longest,
        comma_chars=min(80, longest),
        first_min_chars=settings.clause_first_chars,
        first_max_chars=max(settings.clause_first_chars, min(100, longest)),
        first_before=first_before,
    )


def greeting_clauses(settings: LlamaSection) -> tuple[str, ...]:
    """The clauses of the greeting, rendered before any call; none when there is no greeting."""
    splitter = _splitter(settings, NOWHERE)
    return (*splitter.feed(settings.greeting), *splitter.flush())


def other_fixed_clauses(settings: LlamaSection) -> tuple[str, ...]:
    """What else is said word for word: the apology, the farewell."""
    return tuple(text for text in (settings.apology, settings.farewell) if text)
