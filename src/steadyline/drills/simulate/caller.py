"""A caller of a history: what was said, typed and pressed in the call."""

import asyncio
from dataclasses import dataclass, field

from steadyline.drills.simulated_call import SimulatedCall
from steadyline.wire.operator_messages import TypedLine


@dataclass
class Caller:
    """One caller of a history.

    Attributes:
        number: of the history's call.
        call: the simulated call.
        said: every word, in order.
        pressed: every key, in order.
        acted_at: when they pressed a key or typed something last, time of the event loop; 0: never.
        typed: how many lines.
        hung_up: by the caller.
        may_end: its gateway died, or was away for too long: the call may end, or lose words.
    """

    number: int
    call: SimulatedCall
    said: list[str] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    acted_at: float = 0.0
    typed: int = 0
    hung_up: bool = False
    may_end: bool = False

    @property
    def is_live(self) -> bool:
        """The call is not over."""
        return not self.call.closed.done()

    @property
    def silent_for_s(self) -> float:
        """How long the caller had done nothing when the call ended."""
        acts = (self.call.answered_at or 0.0, self.call.last_said_at or 0.0, self.acted_at)
        return (self.call.closed_at or 0.0) - max(acts)

    def say(self, text: str) -> None:
        """Say something, after what is being said."""
        if self.is_live:
            self.said += text.split()
            self.call.say(text)

    def types(self, text: str) -> TypedLine:
        """Type a line."""
        self.said += text.split()
        self.typed += 1
        self.acted_at = asyncio.get_running_loop().time()
        return TypedLine(self.call.sip_call_id, self.typed, text)
