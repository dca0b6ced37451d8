"""What the journal of the system called knows of a test call: its number and its texts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from steadyline.calls.journal import JournalError, read_only
from steadyline.calls.records import TurnRecord
from steadyline.phone.report import CallReport, TurnReport

# The journal numbers the caller's audio by this clock, which starts within a packet or two of the caller's own.
SAMPLE_INDEX_HZ = 16_000


def lookup(journal: Path, report: CallReport, progress: Callable[[str], None]) -> CallReport:
    """The report with `call_id`, texts, `first_audio_ms` and `phrases` as far as the journal has them.

    A question and the journal's turns belong together when the caller's audio that they cover overlaps; one that was
    cut in two by a pause has the texts of both. Without such a file, or such a call in it, the report stays as it is;
    so it does when the file cannot be read, of which `progress` is told.
    """
    if report.sip_call_id is None or not journal.exists():
        return report
    try:
        with read_only(journal) as reader:
            record = reader.find_call(sip_call_id=report.sip_call_id)
    except JournalError as error:
        progress(f"the report has no texts: {error}")
        return report
    if record is None:
        return report
    greeting = next((turn.reply_text for turn in record.turns if turn.turn == 0), None)
    turns = tuple(_with_texts(turn, record.turns) for turn in report.turns)
    phrases = sum(event.kind == "phrase" for event in record.events)
    return replace(report, call_id=record.call_id, greeting_text=greeting or None, turns=turns, phrases=phrases)


def _with_texts(turn: TurnReport, journaled: tuple[TurnRecord, ...]) -> TurnReport:
    covering = [candidate for candidate in journaled if _overlap(turn, candidate)]
    caller_text = " ".join(candidate.caller_text for candidate in covering if candidate.caller_text)
    reply_text = " ".join(candidate.reply_text for candidate in covering if candidate.reply_text)
    waits = [candidate.timings_ms["first_audio"] for candidate in covering if "first_audio" in candidate.timings_ms]
    first_audio_ms = round(waits[-1]) if waits else None
    return replace(turn, caller_text=caller_text or None, reply_text=reply_text or None, first_audio_ms=first_audio_ms)


def _overlap(turn: TurnReport, journaled: TurnRecord) -> bool:
    if turn.said_start_s is None or turn.said_end_s is None:
        return False
    if journaled.start_sample is None or journaled.end_sample is None:
        return False
    start_s, end_s = journaled.start_sample / SAMPLE_INDEX_HZ, journaled.end_sample / SAMPLE_INDEX_HZ
    return start_s < turn.said_end_s and end_s > turn.said_start_s
