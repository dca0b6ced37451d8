"""What a test call came to: its turns, their times, and what the journal knows of them."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class TurnReport:
    """One question and its reply; times in seconds on the clock of the recording, None for what was not heard.

    Attributes:
        said: path of the audio file.
        said_start_s: first audible sample of the question.
        said_end_s: last audible sample of the question.
        reply_start_s: first audible sample of the reply.
        reply_end_s: last audible sample of the reply.
        voice_to_voice_ms: from `said_end_s` to `reply_start_s`.
        caller_text: what the journal says was understood.
        reply_text: what the journal says was replied.
        first_audio_ms: what the journal says of the wait for the answer, from the end of the turn to its first frame. A
            request to wait ("one moment, please") that came first is what `voice_to_voice_ms` ends with, not this.
    """

    said: str
    said_start_s: float | None = None
    said_end_s: float | None = None
    reply_start_s: float | None = None
    reply_end_s: float | None = None
    voice_to_voice_ms: int | None = None
    caller_text: str | None = None
    reply_text: str | None = None
    first_audio_ms: int | None = None


@dataclass(frozen=True)
class CallReport:
    """Everything that `steadyline call` prints.

    Attributes:
        target: what was dialed.
        sip_call_id: the Call-ID header.
        call_id: the pipeline's number of the call, from the journal.
        codec: name in the SDP, e.g. "PCMU".
        answered_ms: from the INVITE to the 200 OK.
        ended: "completed", "remote_hangup", "refused", "no_answer", "no_media" or "interrupted".
        ended_detail: the reason in words.
        duration_s: from the answer to the hang-up.
        greeting_start_s: first audible sample before the first question.
        greeting_end_s: last audible sample before the first question.
        greeting_text: what the journal says the greeting was.
        turns: in the order in which they were said; a question that was not reached is not among them.
        phrases: how often the caller was told something because an answer was late, as the journal has it.
        recording: path of `call.wav`.
        media: what the SIP stack counted (packets, losses, jitter).
    """

    target: str
    ended: str
    ended_detail: str = ""
    sip_call_id: str | None = None
    call_id: int | None = None
    codec: str | None = None
    answered_ms: int | None = None
    duration_s: float | None = None
    greeting_start_s: float | None = None
    greeting_end_s: float | None = None
    greeting_text: str | None = None
    turns: tuple[TurnReport, ...] = ()
    phrases: int = 0
    recording: str | None = None
    media: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)

    def dialogue(self) -> str:
        """The call for human eyes: who spoke from when to when, what, and how long the caller waited."""
        lines = [f"{self.target}: {self.ended.replace('_', ' ')}"]
        lines[0] += f" ({self.ended_detail})" if self.ended_detail else ""
        if self.codec:
            lines.append(f"{self.codec}, answered after {self.answered_ms} ms, {self.duration_s:.1f} s long")
        if self.greeting_start_s is not None:
            lines.append(_line(self.greeting_start_s, self.greeting_end_s, "agent ", self.greeting_text))
        for turn in self.turns:
            lines.append(_line(turn.said_start_s, turn.said_end_s, "caller", turn.caller_text or turn.said))
            waited = "no reply" if turn.voice_to_voice_ms is None else f"after {turn.voice_to_voice_ms} ms"
            lines.append(_line(turn.reply_start_s, turn.reply_end_s, "agent ", turn.reply_text, f"  [{waited}]"))
        if self.recording:
            lines.append(f"recording: {self.recording}")
        return "\n".join(lines)


def _line(start_s: float | None, end_s: float | None, who: str, text: str | None, note: str = "") -> str:
    times = " " * 17 if start_s is None or end_s is None else f"{start_s:7.2f} – {end_s:7.2f}"
    return f"{times}  {who}  {text or '…'}{note}"
