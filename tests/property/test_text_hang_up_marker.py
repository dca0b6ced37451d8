"""The model's word for the end of a call: never in what is said, wherever its text is cut."""

from hypothesis import given
from hypothesis import strategies as st

from steadyline.text.hang_up_marker import HangUpMarker

MARKER = "[hang up]"
PARTS = st.sampled_from(
    ["Good", "bye", " ", "[", "[hang", "hang up", "]", "[[", MARKER, "[Hang Up]", ".", "!", "**", "\n"]
)


def passed(pieces: list[str], marker: str = MARKER) -> tuple[str, bool]:
    """What comes through, and whether the text ended with the marker."""
    found = HangUpMarker(marker)
    text = "".join([*(found.feed(piece) for piece in pieces), found.flush()])
    return text, found.is_at_end


@given(st.lists(PARTS))
def test_the_result_does_not_depend_on_the_pieces(parts: list[str]) -> None:
    text = "".join(parts)
    assert passed(parts) == passed([text]) == passed(list(text))


@given(st.lists(PARTS))
def test_words_beside_markers_come_through_and_nothing_is_added(parts: list[str]) -> None:
    text, _ = passed(parts)
    words = "".join(character for character in "".join(parts) if character.isalnum())
    kept = "".join(character for character in text if character.isalnum())
    missing = len(words) - len(kept)
    assert missing >= 0 and missing % len("hangup") == 0


@given(st.text(alphabet="abc [].!"), st.text(alphabet=" .!*\n"))
def test_a_text_that_ends_with_the_marker_ends_the_call(text: str, behind: str) -> None:
    said, is_at_end = passed([text, MARKER, behind])
    assert is_at_end
    assert MARKER not in said.lower()
    assert said.rstrip(" .!*\n") == text.rstrip(" .!*\n")


@given(st.text(alphabet="abc [].!"))
def test_one_in_the_middle_is_not_said_and_ends_nothing(text: str) -> None:
    said, is_at_end = passed([text, MARKER, " and on"])
    assert not is_at_end
    assert said == text + " and on"


@given(st.text())
def test_without_a_marker_everything_comes_through(text: str) -> None:
    assert passed([text], "") == (text, False)
