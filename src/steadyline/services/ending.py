"""Whether the call is to be ended from this side, now that the caller is silent. Pure."""

from steadyline.wire.messages import AnswerEnded

AGENT_ENDED = "the agent ended the call"
NOBODY_SPOKE = "the caller said nothing any more"


class Ending:
    """One call's: after an answer that ends it was heard, or the farewell to a caller who says nothing.

    Attributes:
        answer: where the newest answer ends.
    """

    def __init__(self) -> None:
        self.answer: AnswerEnded | None = None
        self._has_said_farewell = False
        self._first_turn = 0

    def answer_ended(self, ended: AnswerEnded) -> None:
        """The answer to a turn is known to its end; of the newest turn it counts."""
        if ended.turn >= max(self._first_turn, self.answer.turn if self.answer is not None else 0):
            self.answer = ended

    def over_before(self, first_turn: int) -> None:
        """The caller has interrupted: answers to turns before this one are over."""
        self._first_turn = max(self._first_turn, first_turn)
        if self.answer is not None and self.answer.turn < self._first_turn:
            self.answer = None

    def farewell_said(self) -> None:
        """The caller who said nothing is being told goodbye."""
        self._has_said_farewell = True

    def caller_stirred(self) -> None:
        """The caller is there after all: who is being told goodbye is not hung up on."""
        self._has_said_farewell = False

    def reason(self, heard_through: tuple[int, int] | None) -> str:
        """Why the call is to be ended now; "" when it is not.

        Args:
            heard_through: (turn, clause) up to which everything was heard, (-1, -1) for nothing; None while something is
                on its way to the caller.
        """
        if heard_through is None:
            return ""
        if self._has_said_farewell:
            return NOBODY_SPOKE
        last = self.answer
        if last is None or not last.ends_call:
            return ""
        is_newest = heard_through[0] <= last.turn
        return AGENT_ENDED if is_newest and heard_through >= (last.turn, last.clauses - 1) else ""
