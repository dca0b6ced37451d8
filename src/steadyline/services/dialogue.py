"""What was said in one call, and how much of it was heard: the language model's view of the conversation. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from steadyline.calls.records import TurnRecord
from steadyline.engines.llm import Message as ChatMessage
from steadyline.engines.llm import Role
from steadyline.wire.messages import Position


@dataclass
class _Clause:
    text: str
    heard_samples: int = 0
    samples: int | None = None
    rate_hz: int = 0
    is_passed: bool = False

    @property
    def left_s(self) -> float:
        """Seconds that were not heard; for ever while its length is not known."""
        if self.is_passed or (self.samples is not None and self.heard_samples >= self.samples):
            return 0.0
        return (self.samples - self.heard_samples) / self.rate_hz if self.samples and self.rate_hz else float("inf")

    @property
    def heard_words(self) -> list[str]:
        """The words that were heard: those whose middle lies before the place that was reached.

        Neither voice tells where its words lie, so they are taken to be spread evenly over the clause by their letters.
        """
        if self.is_passed:
            return self.text.split()
        if not self.heard_samples:
            return []
        reached = len(self.text) * (min(1.0, self.heard_samples / self.samples) if self.samples else 1.0)
        words, at = [], 0
        for word in self.text.split():
            if at + len(word) / 2 > reached:
                break
            words.append(word)
            at += len(word) + 1
        return words


@dataclass
class _Exchange:
    """What the caller said in a turn ("": the greeting's), and the answer to it."""

    asked: str
    clauses: list[_Clause] = field(default_factory=list)
    is_over: bool = False
    is_whole: bool = False

    def answer(self, is_cut: bool) -> str:
        """What counts as said: of an answer that was interrupted, what was heard."""
        words = [clause.heard_words if is_cut else [clause.text] for clause in self.clauses]
        return " ".join(word for clause in words for word in clause)


class Dialogue:
    """The turns of one call in their order, by number; turn 0 is the greeting.

    Args:
        barges_in: a new turn ends the answers to those before.
    """

    def __init__(self, barges_in: bool) -> None:
        self._barges_in = barges_in
        self._exchanges: dict[int, _Exchange] = {}

    def restore(self, turns: Sequence[TurnRecord]) -> None:
        """Take up what is journaled."""
        for turn in turns:
            exchange = self._exchanges[turn.turn] = _Exchange(turn.caller_text or "")
            for clause in turn.clauses:
                exchange.clauses.append(_Clause(clause.text or "", clause.heard_samples or 0, clause.samples))
            exchange.is_whole = turn.clause_count is not None
        self._end_earlier()

    def asked(self, turn: int, text: str) -> None:
        """The caller said something that is to be answered."""
        self._exchanges[turn] = _Exchange(text)
        self._end_earlier()

    def said(self, turn: int, text: str) -> None:
        """The answer to a turn has one more clause."""
        self._exchanges.setdefault(turn, _Exchange("")).clauses.append(_Clause(text))

    def finished(self, turn: int) -> None:
        """The answer has no more clauses."""
        self._exchanges.setdefault(turn, _Exchange("")).is_whole = True

    def heard(self, played: Position) -> None:
        """The caller has heard a clause so far: "turn", "clause", "sample", and "of" samples at "rate_hz" if that is known."""
        exchange, number = self._exchanges.get(played.get("turn", 0)), played.get("clause", 0)
        if exchange is not None and number < len(exchange.clauses):
            # Clauses are heard in their order: those before may have been heard while nobody was here to be told.
            for earlier in exchange.clauses[:number]:
                earlier.is_passed = True
            clause = exchange.clauses[number]
            clause.heard_samples = max(clause.heard_samples, played.get("sample", 0))
            clause.samples = played.get("of", clause.samples)
            clause.rate_hz = played.get("rate_hz", clause.rate_hz)

    def is_heard(self, turn: int, but_s: float = 0.0) -> bool:
        """The answer to a turn was heard to its end, or all but the last seconds of it."""
        exchange = self._exchanges.get(turn)
        if exchange is None or exchange.is_over:
            return True
        if not exchange.is_whole:
            return False
        return not exchange.clauses or exchange.clauses[-1].left_s <= but_s

    def unfinished(self, turn: int) -> int | None:
        """How many clauses the answer to a turn has so far; None when it is whole, or there is none."""
        exchange = self._exchanges.get(turn)
        return None if exchange is None or exchange.is_whole else len(exchange.clauses)

    def prompt(self, asked: str = "") -> list[ChatMessage]:
        """The conversation for a language model, up to the newest turn's question.

        What the caller said in several turns without hearing an answer is one message.

        Args:
            asked: a further turn, which perhaps ends the newest answer.
        """
        messages: list[ChatMessage] = []
        newest = max(self._exchanges, default=0)
        for number, exchange in sorted(self._exchanges.items()):
            _add(messages, "user", exchange.asked)
            if number and (asked or number < newest):
                is_cut = exchange.is_over or (self._barges_in and number == newest and not self.is_heard(number))
                _add(messages, "assistant", exchange.answer(is_cut))
        _add(messages, "user", asked)
        return messages

    def _end_earlier(self) -> None:
        """All answers but the newest are over; of those that were not heard to their end only what was heard counts as said."""
        newest = max(self._exchanges, default=0)
        for number, exchange in self._exchanges.items():
            if self._barges_in and number < newest and not self.is_heard(number):
                exchange.is_over = True


def _add(messages: list[ChatMessage], role: Role, text: str) -> None:
    if text and messages and messages[-1].role == role:
        messages[-1] = ChatMessage(role, f"{messages[-1].content} {text}")
    elif text:
        messages.append(ChatMessage(role, text))
