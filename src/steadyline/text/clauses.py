"""A language model's text, cut into clauses as it comes, so that the first can be spoken while the rest is written."""

import re

from steadyline.text.phrase_starts import breaks_off

# What may follow a sentence's last mark and still belongs to it.
_CLOSING = "\"'”’»)]}*_`"
_SENTENCE_MARKS = ".!?…"
_SOFT_MARKS = ",;:"
# These mark the end without a space behind them.
_CJK_MARKS = "。！？"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEVER_AN_END = _words(
    "mr mrs ms dr prof rev hon gen col capt sgt st vs fig approx e.g i.e cf al bzw z.b d.h u.a ca evtl ggf vgl"
)
# An end only before a capital letter.
_SELDOM_AN_END = _words(
    "etc inc ltd co corp jr sr dept est min max tel ext ave blvd usw bspw "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun"
)
# An end unless a number follows.
_BEFORE_A_NUMBER = _words("no nr nos vol p pp ch art sec")
# What is said digit by digit, such as a telephone number: it takes long to write and long to speak.
_SPELT = re.compile(r"[+(]?\d{3}[\d)-]")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


class ClauseSplitter:
    """Fed text in pieces of any size, it yields clauses: whole sentences, or parts of long ones.

    The clauses depend on the text alone, not on its pieces. Joined, they are the text, without the white space at
    which it was cut. A mark counts as an end only when what follows it is known, so "3.14", "10:30", "$1,000",
    "Dr. Who", "a.m.", addresses and ellipses stay whole.

    Args:
        min_chars: later clauses are not shorter, a line's end or the text's end excepted.
        comma_chars: from this length on, a clause may end at a comma, semicolon or colon.
        max_chars: a clause is not longer; it is cut at its last comma or space.
        first_min_chars: the first clause may end at a comma from this length on, so that the caller waits less.
        first_max_chars: as max_chars, for the first clause.
        first_before: the first clause may also end before one of these words, in small letters, and then before a number of
            four or more digits as well. Empty: at marks alone.
        first_phrase_chars: it ends there from this length on. If it is then shorter than first_min_chars, the second clause
            is cut as the first one was, but not as short: it has to be there when so little has been heard.
    """

    def __init__(
        self,
        min_chars: int = 20,
        comma_chars: int = 80,
        max_chars: int = 200,
        first_min_chars: int = 12,
        first_max_chars: int = 100,
        first_before: frozenset[str] = frozenset(),
        first_phrase_chars: int = 12,
    ) -> None:
        if not (0 < min_chars <= comma_chars <= max_chars and 0 < first_min_chars <= first_max_chars):
            raise ValueError(
                "expected 0 < min_chars <= comma_chars <= max_chars and 0 < first_min_chars <= first_max_chars, found "
                f"{min_chars}, {comma_chars}, {max_chars} and {first_min_chars}, {first_max_chars}"
            )
        if first_phrase_chars < 1:
            raise ValueError(f"expected first_phrase_chars of 1 or more, found {first_phrase_chars}")
        self._later = (min_chars, comma_chars, max_chars)
        # Of the first clause even a short sentence is spoken at once: "Yes."
        self._first = (1, first_min_chars, first_max_chars)
        self._first_before = first_before
        self._first_phrase_chars = first_phrase_chars
        self._begin()

    def _begin(self) -> None:
        self._text = ""
        self._scanned = 0
        self._limits = self._first
        self._phrase_chars = self._first_phrase_chars

    def feed(self, piece: str) -> list[str]:
        """The clauses that `piece` completes, without surrounding white space."""
        self._text += piece
        return self._cut(final=False)

    def flush(self) -> list[str]:
        """The rest of the text; afterwards the splitter is as new."""
        clauses = self._cut(final=True)
        rest = self._text.strip()
        self._begin()
        return [*clauses, rest] if rest else clauses

    def _cut(self, final: bool) -> list[str]:
        clauses: list[str] = []
        while (end := self._next_end(final)) is not None:
            clause, self._text, self._scanned = self._text[:end].strip(), self._text[end:], 0
            self._limits = self._limits_after(clause)
            clauses.append(clause)
        return clauses

    def _limits_after(self, clause: str) -> tuple[int, int, int]:
        """Those of the next clause."""
        is_short_phrase = len(clause) < self._first[1] and breaks_off(clause)
        self._phrase_chars = self._first[1]
        return self._first if self._limits is self._first and is_short_phrase else self._later

    def _next_end(self, final: bool) -> int | None:
        """Where the clause at the text's beginning ends, or None when that is not known yet."""
        if self._scanned == 0:
            self._text = self._text.lstrip()
        min_chars, comma_chars, max_chars = self._limits
        while self._scanned < len(self._text):
            if self._scanned >= max_chars:
                return self._forced_end(max_chars)
            mark = self._text[self._scanned]
            if mark in _SENTENCE_MARKS or mark in _SOFT_MARKS or mark in _CJK_MARKS or mark == "\n":
                end = self._end_of_marks(final)
                if end is None:
                    return None
                is_end = self._is_end(mark, end, min_chars, comma_chars, final)
                if is_end is None:
                    return None
                if is_end:
                    return end
            elif self._first_before and self._limits is self._first:
                start = self._phrase_start(mark, self._phrase_chars)
                if start is not None:
                    return start
            self._scanned += 1
        return None

    def _phrase_start(self, mark: str, min_chars: int) -> int | None:
        """Where the word begins that is scanned, if the first clause may end before it."""
        start = self._text.rfind(" ", 0, self._scanned) + 1
        if len(self._text[:start].strip()) < min_chars:
            return None
        if mark == " ":
            return start if self._text[start : self._scanned].lower() in self._first_before else None
        return start if _SPELT.fullmatch(self._text[start : self._scanned + 1]) else None

    def _end_of_marks(self, final: bool) -> int | None:
        """The position behind the mark and what closes with it; None when more of it may come."""
        end = self._scanned + 1
        if self._text[self._scanned] == "\n":
            return end
        while end < len(self._text) and self._text[end] in _CLOSING:
            end += 1
        return end if end < len(self._text) or final else None

    def _is_end(self, mark: str, end: int, min_chars: int, comma_chars: int, final: bool) -> bool | None:
        clause = self._text[:end].strip()
        if not any(character.isalnum() for character in clause):
            return False
        if mark == "\n":
            return not _is_list_number(clause)
        if mark in _CJK_MARKS:
            return len(clause) >= min_chars
        if end < len(self._text) and not self._text[end].isspace():
            return False
        if mark in _SOFT_MARKS:
            return len(clause) >= comma_chars
        if len(clause) < min_chars:
            return False
        return True if mark in "!?" else self._full_stop_ends(end, final)

    def _full_stop_ends(self, end: int, final: bool) -> bool | None:
        before = self._text[: self._scanned].split()
        word = before[-1].lstrip("\"'“‘«([{*_`") if before else ""
        lower = word.lower()
        following = self._text[end:].lstrip()[:1]
        if lower in _NEVER_AN_END or (len(before) == 1 and word.isdigit()):
            return False
        is_initial = len(word) == 1 and word.isupper() and word != "I"
        doubtful = word.endswith((".", "…")) or self._text[self._scanned] == "…" or lower in _SELDOM_AN_END
        doubtful = doubtful or (len(word) > 1 and _INITIALS.fullmatch(word) is not None)
        if not (doubtful or is_initial or lower in _BEFORE_A_NUMBER):
            return True
        if not following and not final:
            return None
        if lower in _BEFORE_A_NUMBER:
            return not following.isdigit()
        return not is_initial and not following.islower() and not following.isdigit()

    def _forced_end(self, max_chars: int) -> int:
        """Where a clause that has become too long is cut: at its last soft mark, at its last space, or anywhere."""
        marks = [match.end() for match in re.finditer(r"[,;:—–](?=\s)", self._text[:max_chars])]
        if marks and marks[-1] >= max_chars // 3:
            return marks[-1]
        space = max((self._text.rfind(blank, 1, max_chars) for blank in " \t\n"), default=-1)
        return space if space > 0 else max_chars


def _is_list_number(clause: str) -> bool:
    return clause.rstrip(".)").isdigit()
