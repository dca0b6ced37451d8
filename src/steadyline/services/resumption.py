"""Outbound was lost in the middle of a clause: in which rendering of it the next one goes on.

No two renderings are alike, so a position within a clause holds in one of them only. The voice that made it keeps it, but
another voice may reach the new outbound first.
"""

from steadyline.services.gathered_rendering import GatheredRendering


class Resumption:
    """One call's. Pure; every method gives the renderings that are to be queued now, in order."""

    def __init__(self) -> None:
        self._resumed: tuple[tuple[int, int], int] | None = None
        self._awaits_same = False
        self._held_back: list[GatheredRendering] = []

    def begin(self, clause: tuple[int, int], rendering: int) -> list[GatheredRendering]:
        """Go on within this clause, in the rendering of that number."""
        self._resumed = (clause, rendering)
        is_for_others = bool(self._held_back) and self._held_back[0].identity != clause
        return self._take_held_back() if is_for_others else []

    def end(self) -> list[GatheredRendering]:
        """There is nothing to go on with, or it is here."""
        self._resumed = None
        return self._take_held_back()

    def over_through(self, turn: int) -> list[GatheredRendering]:
        """The answers to this turn and to those before are over."""
        return self.end() if self._resumed is not None and self._resumed[0][0] <= turn else []

    def await_same(self) -> None:
        """From now on hold another rendering of the clause back, and what follows it."""
        self._awaits_same = True

    def await_same_no_longer(self) -> list[GatheredRendering]:
        """What was held back is as good as it gets."""
        self._awaits_same = False
        return self._take_held_back()

    def offer(self, rendering: GatheredRendering) -> list[GatheredRendering]:
        """A whole rendering has come."""
        is_same = self._resumed == (rendering.identity, rendering.number)
        if self._awaits_same and not is_same and (self._held_back or self._is_of_the_clause(rendering)):
            self._held_back.append(rendering)
            return []
        return [rendering, *(self._take_held_back() if is_same else [])]

    def begins_again(self, rendering: GatheredRendering) -> bool:
        """A rendering is about to be queued: whether it is another one of the clause, which is then said from its beginning."""
        if not self._is_of_the_clause(rendering):
            return False
        is_same = self._resumed == (rendering.identity, rendering.number)
        self._resumed = None
        return not is_same

    def _is_of_the_clause(self, rendering: GatheredRendering) -> bool:
        return self._resumed is not None and self._resumed[0] == rendering.identity

    def _take_held_back(self) -> list[GatheredRendering]:
        held_back, self._held_back = self._held_back, []
        return held_back
