"""What outbound is told of a call beside its sound; kept in the gateway, so that a new outbound knows it, too."""

from collections.abc import Iterator

from steadyline.services.caller_silence import CallerSilence
from steadyline.services.owed_answer import OwedAnswer
from steadyline.wire.messages import AnswerEnded, Message


class OutboundNews:
    """One call's. Pure; times are arguments, in seconds of one clock.

    Args:
        owed: whether the caller waits for an answer.
        silence: for how long they have said nothing.
    """

    def __init__(self, owed: OwedAnswer, silence: CallerSilence) -> None:
        self._owed = owed
        self._silence = silence
        self._answer_ended: AnswerEnded | None = None
        self._is_end_told = True

    def answer_ended(self, ended: AnswerEnded) -> None:
        """Outbound says where an answer ends: that is for its successor, should the voice not be there to tell it again."""
        self._answer_ended = ended

    def begin_anew(self) -> None:
        """There is a new outbound, which has been told nothing."""
        self._is_end_told = self._answer_ended is None
        self._owed.forget_told()
        self._silence.forget_told()

    def take(self, now: float) -> Iterator[Message]:
        """What outbound does not know yet; each thing is given once."""
        if not self._is_end_told and self._answer_ended is not None:
            self._is_end_told = True
            yield self._answer_ended
        for news in (self._owed.news(now), self._silence.news(now)):
            if news is not None:
                yield news
