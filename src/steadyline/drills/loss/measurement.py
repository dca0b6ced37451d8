"""What is measured of calls on a bad network, in virtual time or real."""

from dataclasses import dataclass, field

LOST = (0.0, 0.1, 0.5, 0.9)
"""The shares of lost datagrams that the drill tries."""
REGISTRATIONS = 2
"""A call waits for two: inbound's with whisper, outbound's with the TTS."""


@dataclass(frozen=True)
class Conditions:
    """How datagrams fare: shares from 0 to 1; `late` ones come up to a second later, so that others overtake them."""

    lost: float
    doubled: float = 0.0
    late: float = 0.0

    def __str__(self) -> str:
        parts = [f"{self.lost:.0%} lost"]
        parts += [f"{self.doubled:.0%} doubled"] if self.doubled else []
        parts += [f"{self.late:.0%} late"] if self.late else []
        return ", ".join(parts)


ROUGH = Conditions(lost=0.5, doubled=0.5, late=0.5)
ALL_CONDITIONS = (*(Conditions(lost) for lost in LOST), ROUGH)


@dataclass
class Measured:
    """What came of some calls.

    Attributes:
        conditions: under which.
        registered_s: for each call how long inbound polled whisper until HELLO was answered; the network's own time included.
        ready_s: for each call how long it rang, likewise.
        unanswered: calls that were given up.
        gone_s: for each batch of calls how long after the last hang-up something of them was left anywhere.
        left: what was left after all, in words.
    """

    conditions: Conditions
    registered_s: list[float] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)
    unanswered: int = 0
    gone_s: list[float] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def add(self, other: "Measured") -> None:
        """Put two measurements under the same conditions together."""
        self.registered_s += other.registered_s
        self.ready_s += other.ready_s
        self.unanswered += other.unanswered
        self.gone_s += other.gone_s
        self.left += other.left

    @property
    def is_well(self) -> bool:
        """Every call connected, and nothing was left of any."""
        return not self.unanswered and not self.left
