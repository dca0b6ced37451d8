"""Who is served next by an engine: what somebody waits for before what will be wanted, and that before what may be in vain.

Pure: it holds orders, not work; times are arguments, in seconds on one clock.
"""

from dataclasses import dataclass
from math import inf

PERHAPS_NEVER = inf
"""`wanted_at` of speculation."""
NO_CALL = 0


@dataclass(eq=False)
class Order:
    """One piece of work, as far as its order among others goes.

    Attributes:
        call_id: whose it is.
        wanted_at: when its caller begins to wait for it: now, or when the sound that was sent before it ends; seconds.
            `PERHAPS_NEVER`: speculation, which is done when nothing else is to be done.
        gives_way: speculation that has begun, and should end since another call's work is due.
    """

    call_id: int = NO_CALL
    wanted_at: float = PERHAPS_NEVER
    gives_way: bool = False

    @property
    def is_speculative(self) -> bool:
        """Perhaps nobody will ever want it."""
        return self.wanted_at == PERHAPS_NEVER


class FairQueue:
    """Orders that wait, and orders that are being served.

    - Speculation begins only while nothing that is due waits or is served, in places of its own: what becomes due finds
      all of its places free.
    - Of what is due, that for which somebody waits already goes first, the call that was served longest ago before others.
      What is wanted later follows, the soonest first; its time comes, so nobody starves.
    - A call's own orders keep their order, if they are alike.

    Args:
        places: orders that are served at once.
        speculative_places: the same of speculation.
    """

    def __init__(self, places: int, speculative_places: int = 1) -> None:
        self._places = places
        self._speculative_places = speculative_places
        self._waiting: dict[Order, None] = {}
        self._served: dict[Order, None] = {}
        self._turns = 0
        self._last_turn: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<FairQueue waiting={len(self._waiting)} served={len(self._served)} of {self._places}>"

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, order: Order) -> None:
        """A new order; what it would be held up by is asked to give way."""
        self._waiting[order] = None
        self._clear_the_way(order)

    def want(self, order: Order, at: float) -> None:
        """Speculation has come true: somebody waits for it from this time on. Nothing changes for what is over."""
        order.wanted_at, order.gives_way = min(order.wanted_at, at), False
        if order in self._waiting or order in self._served:
            self._clear_the_way(order)

    def take(self, now: float) -> Order | None:
        """The order to serve next; None while there is none, or no place."""
        due = [order for order in self._waiting if not order.is_speculative]
        busy = sum(not order.is_speculative for order in self._served)
        if due and busy >= self._places:
            return None
        if not due and (busy or len(self._served) >= self._speculative_places):
            return None
        chosen = min(due or self._waiting, key=lambda order: self._rank(order, now), default=None)
        if chosen is not None:
            del self._waiting[chosen]
            self._served[chosen] = None
            self._turns += 1
            self._last_turn[chosen.call_id] = self._turns
        return chosen

    def leave(self, order: Order) -> None:
        """It was served, or is not wanted any more; whether it waits or is being served."""
        self._waiting.pop(order, None)
        self._served.pop(order, None)
        if not self._waiting and not self._served:
            # Whoever comes now competes with nobody: calls that are over need not be remembered.
            self._last_turn.clear()

    def _rank(self, order: Order, now: float) -> tuple[int, float]:
        """The lowest is served first; of equals the one that came first."""
        if now < order.wanted_at < PERHAPS_NEVER:
            return (1, order.wanted_at)
        return (0, self._last_turn.get(order.call_id, 0))

    def _clear_the_way(self, order: Order) -> None:
        if order.is_speculative:
            return
        for other in self._served:
            other.gives_way = other.gives_way or (other.is_speculative and other.call_id != order.call_id)
