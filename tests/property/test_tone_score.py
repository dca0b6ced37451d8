"""The scorer of the drills finds the fault that was planted, and none where there is none."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from steadyline.drills.tone_score import ExpectedWord, is_heard_out, score
from steadyline.drills.tone_speech import GAP_S, VARIATION, VOCABULARY, WORD_S, HeardWord

WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=3, max_size=12, unique=True)
PAUSE_S = 0.7


def heard_as_expected(words: list[str], variation: float) -> list[HeardWord]:
    step_s = (WORD_S + GAP_S) * variation
    return [HeardWord(word, place * step_s, WORD_S * variation) for place, word in enumerate(words)]


def expected(words: list[str], variation: float = 1.0) -> list[ExpectedWord]:
    return [ExpectedWord(word, WORD_S * variation, WORD_S * variation) for word in words]


RENDERED = st.floats(1 - VARIATION, 1 + VARIATION)


@given(WORDS, RENDERED, st.floats(0.93, 1.07))
def test_every_word_once_is_perfect_however_it_was_rendered(words: list[str], rendered: float, measured: float) -> None:
    heard = [replace(piece, duration_s=piece.duration_s * measured) for piece in heard_as_expected(words, rendered)]
    result = score(expected(words, rendered), heard)
    assert result.is_perfect and str(result) == "every word once"
    assert result.onsets_s == tuple(piece.start_s for piece in heard)


@given(WORDS, st.data(), st.floats(0.02, 0.98), st.floats(0.0, 3.0))
def test_a_word_in_two_pieces_is_one_word(words: list[str], data: st.DataObject, part: float, pause_s: float) -> None:
    heard, place = heard_as_expected(words, 1.0), data.draw(st.integers(0, len(words) - 1))
    whole = heard[place]
    first_s = whole.duration_s * part
    pieces = [
        replace(whole, duration_s=first_s),
        HeardWord(whole.word, whole.start_s + first_s + pause_s, whole.duration_s - first_s),
    ]
    later = [replace(piece, start_s=piece.start_s + pause_s) for piece in heard[place + 1 :]]
    result = score(expected(words), [*heard[:place], *pieces, *later])
    assert result.is_perfect
    assert result.onsets_s[place] == whole.start_s


@given(WORDS, st.data())
def test_a_lost_word_is_named(words: list[str], data: st.DataObject) -> None:
    heard, place = heard_as_expected(words, 1.0), data.draw(st.integers(0, len(words) - 1))
    result = score(expected(words), heard[:place] + heard[place + 1 :])
    assert (result.lost, result.doubled, result.swapped, result.foreign) == ((words[place],), (), (), ())
    assert result.onsets_s[place] is None


@given(WORDS, st.data(), st.floats(0.15, 0.85))
def test_a_word_of_which_a_part_is_missing_is_lost(words: list[str], data: st.DataObject, part: float) -> None:
    heard, place = heard_as_expected(words, 1.0), data.draw(st.integers(0, len(words) - 1))
    heard[place] = replace(heard[place], duration_s=WORD_S * part)
    assert score(expected(words), heard).lost == (words[place],)


@given(WORDS, st.data(), st.floats(0.15, 1.0))
def test_a_part_of_a_word_that_is_heard_again_at_once_doubles_it(
    words: list[str], data: st.DataObject, part: float
) -> None:
    heard, place = heard_as_expected(words, 1.0), data.draw(st.integers(0, len(words) - 1))
    heard.insert(place + 1, replace(heard[place], duration_s=WORD_S * part))
    assert score(expected(words), heard).doubled == (words[place],)


@given(WORDS, st.data(), st.integers(1, 4))
def test_words_that_are_said_again_are_doubled(words: list[str], data: st.DataObject, count: int) -> None:
    heard, end = heard_as_expected(words, 1.0), data.draw(st.integers(1, len(words)))
    start = max(0, end - count)
    result = score(expected(words), [*heard[:end], *heard[start:end], *heard[end:]])
    assert set(result.doubled) == set(words[start:end])
    assert not (result.lost or result.swapped or result.foreign)


@given(WORDS, st.data())
def test_two_words_that_change_places_are_one_swapped(words: list[str], data: st.DataObject) -> None:
    heard, place = heard_as_expected(words, 1.0), data.draw(st.integers(0, len(words) - 2))
    heard[place], heard[place + 1] = heard[place + 1], heard[place]
    result = score(expected(words), heard)
    assert len(result.swapped) == 1 and result.swapped[0] in words[place : place + 2]
    assert not (result.lost or result.doubled or result.foreign)


@given(WORDS, st.data(), st.sampled_from(VOCABULARY))
def test_a_word_of_somebody_else_is_foreign(words: list[str], data: st.DataObject, stranger: str) -> None:
    heard, place = heard_as_expected(words, 1.0), data.draw(st.integers(0, len(words)))
    heard.insert(place, HeardWord(stranger, 0.0, WORD_S))
    result = score(expected(words), heard)
    assert (result.foreign == (stranger,)) == (stranger not in words)
    assert not result.is_perfect


@given(WORDS)
def test_silence_loses_every_word(words: list[str]) -> None:
    assert score(expected(words), []).lost == tuple(words)


def test_words_that_return_later_in_an_answer_are_told_apart() -> None:
    words = ["alpha", "one", "two", "alpha", "three"]
    heard = heard_as_expected(words, 1.0)
    assert score(expected(words), heard).is_perfect
    assert score(expected(words), heard[1:]).lost == ("alpha",)
    assert score(expected(words), [*heard, heard[3]]).doubled == ("alpha",)


def test_a_scrap_that_no_word_misses_is_within_the_tolerance() -> None:
    words = ["alpha", "one", "two"]
    heard = heard_as_expected(words, 1.0)
    assert score(expected(words), [*heard, HeardWord("alpha", PAUSE_S, 0.009)]).is_perfect
    assert score(expected(words), [*heard, HeardWord("alpha", PAUSE_S, 0.02)]).doubled == ("alpha",)


@given(WORDS, st.floats(0.1, 0.85))
def test_an_answer_is_heard_out_when_its_last_word_is_whole(words: list[str], part: float) -> None:
    heard = heard_as_expected(words, 1.0)
    assert is_heard_out(expected(words), heard)
    assert not is_heard_out(expected(words), heard[:-1])
    first, last = replace(heard[-1], duration_s=WORD_S * part), replace(heard[-1], duration_s=WORD_S * (1 - part))
    assert not is_heard_out(expected(words), [*heard[:-1], first])
    assert is_heard_out(expected(words), [*heard[:-1], first, last])


@given(WORDS, st.data(), st.floats(0.2, 0.8))
def test_what_broke_off_and_was_said_again_is_doubled_not_lost(
    words: list[str], data: st.DataObject, part: float
) -> None:
    """A clause that is repeated after its voice died in the middle of a word."""
    heard, end = heard_as_expected(words, 1.0), data.draw(st.integers(1, len(words) - 1))
    cut = replace(heard[end], duration_s=WORD_S * part)
    result = score(expected(words), [*heard[:end], cut, *heard])
    assert set(result.doubled) == set(words[: end + 1])
    assert not (result.lost or result.swapped or result.foreign)
