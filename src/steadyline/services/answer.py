"""One answer: the language model's text, as it comes, cut into clauses that can be spoken."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from steadyline.services.fair_queue import Order
from steadyline.services.voice_pace import CHARACTER_S, VoicePace
from steadyline.text.clauses import ClauseSplitter
from steadyline.text.hang_up_marker import HangUpMarker
from steadyline.text.speakable import speakable

GRACE_PIECES = 8
"""So much more is written before a rest if the voice is slow: a short answer is over by then, and its end, which is heard
next, is there in time."""


class Answer:
    """One answer that is being generated: its clauses, as soon as each is complete.

    Attributes:
        said: its clauses so far, those that existed before included.
        order: its place among what the engine is asked for.
        generation: what is under way of it, or waits for its turn.
        first_clause_s: how long the model took for the first one, seconds; 0 before it.
        sounds_until: when all that it has said so far will have been heard, at the earliest; seconds on the loop's clock.
        pieces: what the model has written of it, about as many tokens.
        rests_for: the clause for whose sound the caller waits, so that the model leaves the processor to the voice; "": none.

    Args:
        splitter: cuts the text.
        order: the first of its orders.
        said: clauses that exist already.
        rests: for the sound of so many clauses the model rests.
        pace: how fast the voice is.
        marker: what is not said, and ends the call.
        on_clause: told each clause when it is complete, whether somebody waits for it or not.
    """

    def __init__(
        self,
        splitter: ClauseSplitter,
        marker: HangUpMarker,
        order: Order,
        said: Sequence[str],
        on_clause: Callable[[str], None] | None,
        rests: int,
        pace: VoicePace,
    ) -> None:
        self.on_clause = on_clause
        self.order = order
        self.said = list(said)
        self.generation: asyncio.Future[str] | None = None
        self.is_stopped = False
        self.first_clause_s = 0.0
        self.sounds_until = 0.0
        self.pieces = 0
        self.rests_for = ""
        self._rests = rests
        self._pace = pace
        self._rests_from = 0
        self._go_on: Callable[[], None] | None = None
        self._given_at: dict[str, float] = {}
        self._started_at = asyncio.get_running_loop().time()
        self._splitter = splitter
        self._marker = marker
        self._clauses: asyncio.Queue[str | None] = asyncio.Queue()
        self._error: BaseException | None = None

    @property
    def is_to_rest(self) -> bool:
        """The model should leave the processor to the voice now; asked by the thread on which it writes."""
        return bool(self.rests_for) and self.pieces >= self._rests_from

    @property
    def ends_call(self) -> bool:
        """The text so far ends with the model's word that the call is over."""
        return self._marker.is_at_end

    async def clauses(self) -> AsyncIterator[str]:
        """All of them; who stops listening stops the generation.

        Raises:
            EngineError: the model failed; what was yielded before stands.
        """
        try:
            while (clause := await self._clauses.get()) is not None:
                yield clause
        finally:
            self.stop()
        if self._error is not None:
            raise self._error

    def wanted(self) -> None:
        """What was prepared is said from now on."""
        self.on_clause = None
        self.sounds_until = asyncio.get_running_loop().time() + CHARACTER_S * sum(map(len, self.said))

    def needs_more_at(self) -> float:
        """When the voice has to have more of it, so that it never falters; seconds on the loop's clock."""
        return self.sounds_until - self._pace.expected_s(max(map(len, self.said), default=0))

    def stop(self) -> None:
        """Nobody wants it any more: the generation ends at its next token, or does not begin."""
        self.is_stopped = True
        if self.generation is not None:
            self.generation.cancel()

    def take(self, piece: str) -> None:
        """The model has written some more."""
        self._put(self._splitter.feed(self._marker.feed(piece)))

    def begin_again(self, splitter: ClauseSplitter, marker: HangUpMarker, order: Order) -> None:
        """The generation gave way in the middle of a clause, of which nobody knows yet."""
        self._splitter, self._marker, self.order = splitter, marker, order

    def rest(self, go_on: Callable[[], None], longest_s: float) -> None:
        """The generation has given way to the voice: `go_on` is called once, after `rendered` or after so long."""
        self._go_on = go_on
        asyncio.get_running_loop().call_later(longest_s, self.rendered, self.rests_for)

    def rendered(self, text: str | None) -> None:
        """A voice is done with this clause, or (None) there is none that works: no need to rest for it."""
        if text is None:
            self._rests = 0
        elif (given_at := self._given_at.pop(text, None)) is not None:
            self._pace.rendered(text, asyncio.get_running_loop().time() - given_at)
        if text in (None, self.rests_for):
            self.rests_for, go_on, self._go_on = "", self._go_on, None
            if go_on is not None:
                go_on()

    def finish(self, generation: "asyncio.Future[str]") -> None:
        """The model has written everything, or failed."""
        if not generation.cancelled():
            self._error = generation.exception()
        if self._error is None:
            self._put([*self._splitter.feed(self._marker.flush()), *self._splitter.flush()])
        self._clauses.put_nowait(None)

    def _put(self, clauses: Iterable[str]) -> None:
        for text in filter(_has_sound, map(speakable, clauses)):
            now = asyncio.get_running_loop().time()
            self.first_clause_s = self.first_clause_s or now - self._started_at
            self.sounds_until = max(now, self.sounds_until) + CHARACTER_S * len(text)
            self._given_at[text] = now
            self.said.append(text)
            self._clauses.put_nowait(text)
            # In this order: the thread on which the model writes looks at both.
            self._rests_from = self.pieces + (0 if self._pace.has_time_after(text) else GRACE_PIECES)
            self.rests_for, self._rests = (text, self._rests - 1) if self._rests else ("", 0)
            if self.on_clause is not None:
                self.on_clause(text)


def _has_sound(text: str) -> bool:
    """There is something to say: ":)" and "-" are no clauses."""
    return any(character.isalnum() for character in text)
