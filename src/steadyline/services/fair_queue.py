"""Who is served next by an engine: what somebody waits for, then what may be wanted at once, then what will be wanted later.

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
        gives_way: it has begun, is speculation or wanted later, and should end since another call's work is more urgent.
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

    - What is due *presses* from `lead_s` before it is wanted; until then it is put off, as long as anything that presses
      or that is speculation waits or is served.
    - Speculation begins only while nothing that is due is served and nothing presses, in places of its own: what becomes
      due finds all of its places free.
    - Of what presses, that for which somebody waits already goes first, the call that was served longest ago before
      others. What is wanted later follows, the soonest first; its time comes, so nobody starves.
    - A call's own orders keep their order, if they are alike.

    Args:
        places: orders that are served at once.
        speculative_places: the same of speculation.
        lead_s: how long before it is wanted work has to begin to be done in time, seconds; infinite: nothing is put off.
    """

    def __init__(self, places: int, speculative_places: int = 1, lead_s: float = inf) -> None:
        self._places = places
        self._speculative_places = speculative_places
        self._lead_s = lead_s
        self._waiting: dict[Order, None] = {}
        self._served: dict[Order, None] = {}
        self._turns = 0
        self._last_turn: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<FairQueue waiting={len(self._waiting)} served={len(self._served)} of {self._places}>"

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def put(self, order: Order, now: float) -> None:
        """A new order; what it would be held up by is asked to give way."""
        self._waiting[order] = None
        self._clear_the_way(order, now)

    def want(self, order: Order, at: float, now: float) -> None:
        """Speculation has come true: somebody waits for it from `at` on. Nothing changes for what is over."""
        order.wanted_at, order.gives_way = min(order.wanted_at, at), False
        if order in self._waiting or order in self._served:
            self._clear_the_way(order, now)

    def postpone(self, order: Order, at: float, now: float) -> None:
        """What was wanted of it is done; the rest is wanted from `at` on. Speculation stays what it is."""
        if not order.is_speculative:
            order.wanted_at = max(order.wanted_at, at)
            for other in (*self._waiting, *self._served):
                self._clear_the_way(other, now)

    def take(self, now: float) -> Order | None:
        """The order to serve next; None while there is none, or no place."""
        chosen = self._next(now)
        if chosen is not None:
            del self._waiting[chosen]
            self._served[chosen] = None
            self._turns += 1
            self._last_turn[chosen.call_id] = self._turns
            self._clear_the_way(chosen, now)
        return chosen

    def presses_at(self) -> float:
        """When the first of what waits and is put off begins to press; infinite if there is none."""
        return min((order.wanted_at - self._lead_s for order in self._waiting if not order.is_speculative), default=inf)

    def leave(self, order: Order) -> None:
        """It was served, or is not wanted any more; whether it waits or is being served."""
        self._waiting.pop(order, None)
        self._served.pop(order, None)
        if not self._waiting and not self._served:
            # Whoever comes now competes with nobody: calls that are over need not be remembered.
            self._last_turn.clear()

    def _next(self, now: float) -> Order | None:
        busy = sum(not order.is_speculative for order in self._served)
        pressing = [order for order in self._waiting if self._presses(order, now)]
        if pressing:
            return min(pressing, key=lambda order: self._rank(order, now)) if busy < self._places else None
        if any(self._presses(order, now) for order in self._served):
            return None
        perhaps = [order for order in self._waiting if order.is_speculative]
        under_way = len(self._served) - busy
        if perhaps:
            is_place = not busy and under_way < self._speculative_places
            return min(perhaps, key=lambda order: self._rank(order, now)) if is_place else None
        if under_way or busy >= self._places:
            return None
        return min(self._waiting, key=lambda order: order.wanted_at, default=None)

    def _presses(self, order: Order, now: float) -> bool:
        return not order.is_speculative and now >= order.wanted_at - self._lead_s

    def _rank(self, order: Order, now: float) -> tuple[int, float]:
        """The lowest is served first; of equals the one that came first."""
        if now < order.wanted_at < PERHAPS_NEVER:
            return (1, order.wanted_at)
        return (0, self._last_turn.get(order.call_id, 0))

    def _clear_the_way(self, order: Order, now: float) -> None:
        """Ask what other calls can do without for now to give way to it."""
        if not order.is_speculative and not self._presses(order, now):
            return
        for other in self._served:
            can_wait = not self._presses(other, now) and not (order.is_speculative and other.is_speculative)
            other.gives_way = other.gives_way or (can_wait and other.call_id != order.call_id)
