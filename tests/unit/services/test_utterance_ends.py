"""The gateway keeps where utterances ended until that is committed."""

from steadyline.services.utterance_ends import KEPT_ENDS, UtteranceEnds
from steadyline.wire.line_messages import CallerSpeech


def ended(sample: int) -> CallerSpeech:
    return CallerSpeech(False, sample)


def test_ends_are_kept_in_order_and_once_until_they_are_committed() -> None:
    ends = UtteranceEnds()
    for speech in (CallerSpeech(True, 100), ended(500), CallerSpeech(True, 700), ended(500), ended(900)):
        ends.note(speech)
    assert list(ends.uncommitted()) == [ended(500), ended(900)]
    ends.commit(500)
    assert list(ends.uncommitted()) == [ended(900)]
    ends.note(ended(500))
    ends.commit(2000)
    assert list(ends.uncommitted()) == []


def test_a_call_whose_words_nobody_commits_does_not_grow() -> None:
    ends = UtteranceEnds()
    for sample in range(1, 10 * KEPT_ENDS):
        ends.note(ended(sample))
    assert len(list(ends.uncommitted())) == KEPT_ENDS
