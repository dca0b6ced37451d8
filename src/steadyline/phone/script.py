"""What a caller does next: a state machine with time as an argument."""

from dataclasses import dataclass
from enum import Enum, auto


class State(Enum):
    """Where a caller is in the dialogue."""

    WAIT_GREETING = auto()
    SAYING = auto()
    WAIT_REPLY = auto()
    HOLDING = auto()
    DONE = auto()


@dataclass(frozen=True)
class ScriptTiming:
    """How patient a caller is, in seconds.

    Attributes:
        greeting_timeout_s: without a sound for so long after the answer, the caller begins to speak.
        reply_timeout_s: a reply that has not begun by then does not come; the caller goes on.
        reply_silence_s: quiet of this length ends a greeting or a reply; it must be longer than the pause between two
            clauses, and than the pause between a filler phrase and the answer that follows it.
        longest_reply_s: a far end that speaks longer than this in one piece is interrupted by the next question.
        hold_s: how long the caller goes on listening after the last reply.
    """

    greeting_timeout_s: float = 8.0
    reply_timeout_s: float = 20.0
    reply_silence_s: float = 1.5
    longest_reply_s: float = 60.0
    hold_s: float = 0.0


@dataclass
class TurnMark:
    """When, on the clock of the recording, one question was said and its reply awaited.

    Attributes:
        index: which of the questions.
        said_from_s: when its first sample was queued.
        said_until_s: when its last sample left; None while it is being said.
        waited_until_s: when the caller stopped waiting; None while waiting.
        answered: whether something was heard after the question.
    """

    index: int
    said_from_s: float
    said_until_s: float | None = None
    waited_until_s: float | None = None
    answered: bool = False


@dataclass(frozen=True)
class Say:
    """Begin to say question `index` now."""

    index: int


@dataclass(frozen=True)
class HangUp:
    """The dialogue is over."""


class CallerScript:
    """Waits for the greeting, says each question, waits for each reply, hangs up.

    Args:
        questions: how many there are.
        timing: how patient the caller is.
    """

    def __init__(self, questions: int, timing: ScriptTiming) -> None:
        self.questions = questions
        self.timing = timing
        self.state = State.WAIT_GREETING
        self.marks: list[TurnMark] = []
        self._since_s = 0.0
        self._sound_from_s: float | None = None
        self._last_sound_s = 0.0

    def __repr__(self) -> str:
        return f"<CallerScript {self.state.name} question {len(self.marks)}/{self.questions}>"

    def advance(self, now_s: float, *, audible: bool, speaking: bool) -> Say | HangUp | None:
        """Move on.

        Args:
            now_s: seconds since the call was established, never less than before.
            audible: whether the far end was audible since the last step.
            speaking: whether samples of the question that was begun last have still to leave.

        Returns:
            What to do now: once per question `Say`, at the end `HangUp` once; else None.
        """
        if self.state is State.SAYING:
            if speaking:
                return None
            self.marks[-1].said_until_s = now_s
            self._enter(State.WAIT_REPLY, now_s)
        if self.state is State.DONE:
            return None
        self._listen(now_s, audible)
        if not self._waited_enough(now_s):
            return None
        if self.state is State.WAIT_REPLY:
            self.marks[-1].waited_until_s = now_s
            self.marks[-1].answered = self._sound_from_s is not None
        return self._next(now_s)

    def _listen(self, now_s: float, audible: bool) -> None:
        if audible:
            self._last_sound_s = now_s
            if self._sound_from_s is None:
                self._sound_from_s = now_s

    def _waited_enough(self, now_s: float) -> bool:
        timing = self.timing
        if self.state is State.HOLDING:
            return now_s - self._since_s >= timing.hold_s
        if self._sound_from_s is None:
            patience_s = timing.greeting_timeout_s if self.state is State.WAIT_GREETING else timing.reply_timeout_s
            return now_s - self._since_s >= patience_s
        quiet = now_s - self._last_sound_s >= timing.reply_silence_s
        return quiet or now_s - self._sound_from_s >= timing.longest_reply_s

    def _next(self, now_s: float) -> Say | HangUp | None:
        if self.state is not State.HOLDING and len(self.marks) < self.questions:
            self.marks.append(TurnMark(len(self.marks), said_from_s=now_s))
            self._enter(State.SAYING, now_s)
            return Say(self.marks[-1].index)
        if self.state is not State.HOLDING and self.timing.hold_s > 0:
            self._enter(State.HOLDING, now_s)
            return None
        self._enter(State.DONE, now_s)
        return HangUp()

    def _enter(self, state: State, now_s: float) -> None:
        self.state = state
        self._since_s = now_s
        self._sound_from_s = None
        self._last_sound_s = now_s
