"""What the drill needs of the dialogue that it disturbs: in tones with drill engines, or spoken with real ones."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from steadyline.drills.caller import DrillCaller
from steadyline.drills.kills.cells import Moment
from steadyline.drills.kills.outcome import Judgement
from steadyline.drills.kills.victims import Victim
from steadyline.drills.real_system import RealSystem
from steadyline.sip import SipUserAgent


class Dialogue(Protocol):
    """One call under way."""

    @property
    def caller(self) -> DrillCaller: ...

    async def play(self, is_disturbed: Callable[[], bool]) -> None:
        """The caller's part, to the end.

        Args:
            is_disturbed: whether somebody was struck and has not come back yet.
        """

    async def reach(self, moment: Moment, victim: str) -> None:
        """Wait for the moment, as it is for the service that is to be struck."""


DialogueT = TypeVar("DialogueT", bound=Dialogue)


class Script(Protocol[DialogueT]):
    """A dialogue that can be held again and again, and judged.

    Attributes:
        settings: `section.key=value` for the systems.
        codec: the callers'.
        is_bounded: engines take a known time, so that the added delay has bounds.
    """

    settings: tuple[str, ...]
    codec: str
    is_bounded: bool

    async def begin(self, agent: SipUserAgent, system: RealSystem) -> DialogueT:
        """Call; what is begun is not played yet.

        Raises:
            ConnectionError: it was not answered.
        """

    def learn(self, unharmed: Sequence[DialogueT]) -> None:
        """Take dialogues in which nothing was done as the measure of all later ones.

        Raises:
            DrillError: one of them had a fault.
        """

    def judge(self, dialogue: DialogueT, moment: Moment, victims: Sequence[Victim]) -> Judgement:
        """What the caller heard, and whether the first victim was struck at its moment."""

    def baseline(self) -> dict[str, Any]:
        """What was learnt, ready for JSON; `calls` is from how many calls."""
