"""A telephone call from dialing to report, over the SIP stack of this process."""

import asyncio
import re
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from steadyline.phone.conversation import POLL_S, Conversation, Progress
from steadyline.phone.lookup import lookup
from steadyline.phone.measure import measure_greeting, measure_turns
from steadyline.phone.out_folder import writable_folder
from steadyline.phone.report import CallReport, TurnReport
from steadyline.phone.script import ScriptTiming
from steadyline.phone.speaking import Samples, load_utterance
from steadyline.phone.transmit_delay import TransmitDelay
from steadyline.sip import SipCall, SipSettings, SipUserAgent

# What the stack decodes each codec to; a G.722 clock of 8000 in the SDP is 16 kHz all the same (RFC 3551, 4.5.2).
LINE_RATES_HZ = {"PCMU": 8000, "PCMA": 8000, "G722": 16000, "opus": 48000}
DEFAULT_TARGET = "sip:steadyline@127.0.0.1:5060"
MEDIA_TIMEOUT_S = 5.0
# A SIP response that ends the attempt (RFC 3261, 21.3 to 21.6), as the stack words it: "call failed: 486 Busy Here".
FINAL_RESPONSE = re.compile(r"\b[3-6]\d\d \S")


@dataclass(frozen=True)
class CallOptions:
    """What a test call does.

    Attributes:
        target: SIP URI to dial; ";transport=tcp" or "tls" picks the transport.
        say: audio files, any rate, in the order in which they are said.
        out: folder for `call.wav`; made if absent.
        timing: how patient the caller is.
        answer_timeout_s: how long it may ring.
        journal: the journal of the system called, for the texts; None: the report has times only.
    """

    target: str = DEFAULT_TARGET
    say: tuple[Path, ...] = ()
    out: Path = Path("call")
    timing: ScriptTiming = field(default_factory=ScriptTiming)
    answer_timeout_s: float = 30.0
    journal: Path | None = None


async def place_call(options: CallOptions, sip: SipSettings, progress: Progress) -> CallReport:
    """Dial, hold the dialogue, hang up, measure.

    A cancellation (Ctrl-C) hangs up and gives the report of what was said until then. A far end that does not answer,
    refuses or hangs up is reported in `ended`, not raised.

    Raises:
        AudioFileError: a file of `options.say` cannot be read; nothing was dialed.
        SteadylineError: `options.out` cannot be written to; nothing was dialed.
    """
    writable_folder(options.out)
    rates_hz = {LINE_RATES_HZ[codec] for codec in sip.codecs}
    utterances = {rate_hz: [load_utterance(path, rate_hz) for path in options.say] for rate_hz in rates_hz}
    agent = await SipUserAgent.start(sip)
    delay = TransmitDelay()
    try:
        await delay.attach(agent)
        report = await _call(agent, options, utterances, progress, delay)
    finally:
        await agent.close()
        delay.detach()
    return lookup(options.journal, report, progress) if options.journal else report


async def _call(
    agent: SipUserAgent,
    options: CallOptions,
    utterances: dict[int, list[Samples]],
    progress: Progress,
    delay: TransmitDelay,
) -> CallReport:
    progress(f"calling {options.target}")
    dialed_s = time.monotonic()
    report = CallReport(options.target, ended="no_answer")
    try:
        call = await agent.dial(options.target)
        await call.wait_established(options.answer_timeout_s)
        established_s = time.monotonic()
        report = replace(report, sip_call_id=call.sip_call_id, answered_ms=round((established_s - dialed_s) * 1000))
        progress(f"{0:7.2f} s  answered after {report.answered_ms} ms")
        if not await _media_runs(call):
            detail = f"answered, but no audio within {MEDIA_TIMEOUT_S:g} s"
            return replace(report, ended="no_media", ended_detail=detail)
    except asyncio.CancelledError:
        return replace(report, ended="interrupted", ended_detail="before anything was said")
    except ConnectionError as error:
        refused = FINAL_RESPONSE.search(str(error)) is not None
        return replace(report, ended="refused" if refused else "no_answer", ended_detail=str(error))
    conversation = Conversation(
        call,
        utterances[call.line_rate_hz],
        options.timing,
        progress,
        clock=time.monotonic,
        established_s=established_s,
        transmit_delay_s=lambda: delay.seconds,
    )
    return await _hold(call, conversation, report, options, delay)


async def _hold(
    call: SipCall, conversation: Conversation, report: CallReport, options: CallOptions, delay: TransmitDelay
) -> CallReport:
    # The user agent learns the codec from its trace, which comes a moment after the answer, and forgets it with the call.
    codec = call.codec
    ended, detail = await _converse(call, conversation)
    codec = call.codec or codec
    await call.hangup()
    media = call.media_stats() | {"transmit_underruns": delay.underruns}
    report = replace(report, ended=ended, ended_detail=detail, codec=codec, media=media)
    return _measured(report, conversation, options)


async def _media_runs(call: SipCall) -> bool:
    give_up_s = time.monotonic() + MEDIA_TIMEOUT_S
    while not call.ready:
        if call.closed.done() or time.monotonic() > give_up_s:
            return False
        await asyncio.sleep(POLL_S)
    return True


async def _converse(call: SipCall, conversation: Conversation) -> tuple[str, str]:
    """Until the script or the call is over: how it ended, and in words."""
    script = asyncio.ensure_future(conversation.run())
    try:
        await asyncio.wait((script, call.closed), return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        script.cancel()
        return "interrupted", ""
    if script.done():
        script.result()
        return "completed", ""
    script.cancel()
    reason = call.closed.result()
    # The user agent words the BYE of a far end for calls that come in.
    return "remote_hangup", "the far end hung up" if reason == "caller hung up" else reason


def _measured(report: CallReport, conversation: Conversation, options: CallOptions) -> CallReport:
    recording = conversation.recording
    path = options.out / "call.wav"
    channels, marks = recording.write(path), conversation.script.marks
    greeting_start_s, greeting_end_s = measure_greeting(channels, recording.rate_hz, marks) or (None, None)
    turns = [
        TurnReport(str(options.say[mark.index]), **asdict(turn), voice_to_voice_ms=turn.voice_to_voice_ms)
        for mark, turn in zip(marks, measure_turns(channels, recording.rate_hz, marks), strict=True)
    ]
    return replace(
        report,
        duration_s=round(recording.end_s, 3),
        greeting_start_s=greeting_start_s,
        greeting_end_s=greeting_end_s,
        turns=tuple(turns),
        recording=str(path),
    )
