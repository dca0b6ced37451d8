"""Words that tell a speaker to go on: a listener's "mhm", which takes nobody's turn (Yngve 1970; Ward & Tsukahara 2000)."""

from collections.abc import Collection

_ENGLISH = """
mhm, mm-hmm, mm hmm, mmhmm, mmm-hmm, mm, mmm, hmm, hm, uh-huh, uh huh, aha, ah, oh, ooh, wow, huh, ha, haha, uh, um, er,
yeah, yes, yep, yup, ya, ok, okay, right, sure, i see, got it, good, great, nice, cool, fine, really, oh really, oh yeah,
oh okay, oh i see, all right, alright, of course, exactly, true, go on, thanks, thank you, yes sir, i c, god it
"""
BACKCHANNELS = {"en": frozenset(" ".join(_ENGLISH.split()).split(", "))}
"""By language (ISO 639-1), in small letters without marks; "i c" and "god it" are how Whisper wrote "I see." and "Got it."."""
HUMMED = frozenset("mhn")
"""Letters that make no word: "mhm" in whatever way it is written, such as "MHN" or "M. H. M."."""
INVENTED = frozenset({"you"})
"""What Whisper makes of coughs and breaths; alone it is no turn."""

LONGEST_WORDS = 4
"""More words are a turn, whatever they are."""


def is_backchannel(text: str, language: str, further: Collection[str] = ()) -> bool:
    """Whether an utterance only says "go on": nothing at all, one such phrase, or one said twice ("yeah yeah").

    Args:
        text: the utterance's words, as a recogniser writes them.
        language: ISO 639-1; a language without a table has `further` alone.
        further: more such phrases, in small letters.
    """
    words = "".join(
        character if character.isalnum() or character in "-' " else " " for character in text.lower()
    ).split()
    known = BACKCHANNELS.get(language, frozenset()) | frozenset(further)
    is_nothing = " ".join(words) in INVENTED or HUMMED.issuperset("".join(words).replace("-", ""))
    return len(words) <= LONGEST_WORDS and (is_nothing or _is_made_of(words, known))


def _is_made_of(words: list[str], known: Collection[str]) -> bool:
    """All words are phrases of `known`, one behind the other."""
    if not words:
        return True
    return any(
        " ".join(words[:count]) in known and _is_made_of(words[count:], known) for count in range(1, len(words) + 1)
    )
