"""The rules. Each looks for one thing and tells it with what says so; none knows of another."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from steadyline.calls.records import TurnRecord
from steadyline.diagnosis.evidence import LEVEL_S, Evidence, Finding, heard_share, words_of
from steadyline.diagnosis.signalling import how_it_ended, where_sound_comes_from
from steadyline.recorder.channels import CLOCK_HZ
from steadyline.recorder.reading import Happening

Rule = Callable[[Evidence], Iterator[Finding]]

SLOW_TRANSCRIPTION_MS = 2_000.0
SLOW_FIRST_CLAUSE_MS = 1_500.0
SLOW_VOICE_MS = 2_000.0
LOSSY_SHARE = 0.03
STARVED_FRAMES = 25
"""Half a second of gaps."""
SPEECH_DBFS, MUTE_DBFS = -40.0, -65.0
SPOKEN_S = 1.5
SHORT_CALL_S = 5.0
CUT_WITHIN_S = 1.2
CUT_HEARD_SHARE = 0.5
ECHO_WORDS, ECHO_SHARE = 4, 0.7
TOGETHER_S = 1.5
"""Losses so close to each other have one cause."""
VOICES = ("piper.", "kokoro.", "tts.", "standby.")
WAIT, APOLOGY, GOODBYE, STILL_THERE = 1, 2, 3, 4


def findings(evidence: Evidence) -> list[Finding]:
    """What went wrong, by time; what has no moment comes last."""
    found = [finding for rule in RULES for finding in rule(evidence)]
    return sorted(found, key=lambda finding: float("inf") if finding.at_s is None else finding.at_s)


def service_lost(evidence: Evidence) -> Iterator[Finding]:
    """A service died, froze or could not be reached: its neighbours tell of it."""
    begun = evidence.call.answered_at or evidence.call.started_at
    lost = [
        one for one in evidence.happenings if one.event == "lost" and one.at < (evidence.call.ended_at or one.at + 1)
    ]
    while lost:
        together = [one for one in lost if one.at - lost[0].at <= TOGETHER_S]
        lost = lost[len(together) :]
        service = _common_end(together)
        at_s = together[0].at - begun
        names = sorted({str(one.detail.get("name")) for one in together})
        healed = [
            one
            for one in evidence.happenings
            if one.event == "healed" and str(one.detail.get("name")) in names and one.at >= together[0].at
        ]
        gap_s = max((float(one.detail.get("gap_ms") or 0) / 1000 for one in healed), default=None)
        what = f"{service} was lost" if service else f"the connection {' and '.join(names)} was lost"
        again = f" and was there again {gap_s:.1f} s later" if gap_s is not None else " and did not come back"
        proof = tuple(f"{one.service}: {one.detail.get('name')}: {one.detail.get('error')}" for one in together)
        if service and evidence.starts.get(service, 0) > 1:
            proof += (f"{service} was started {evidence.starts[service]} times during the call",)
        yield Finding("service-lost", f"{what}{again}", proof, at_s)


def slow_transcription(evidence: Evidence) -> Iterator[Finding]:
    """Whisper took long."""
    ran = evidence.models("whisper.")
    yield from _slow(evidence, "transcription", SLOW_TRANSCRIPTION_MS, "Whisper took", "slow-transcription", ran)


def slow_first_clause(evidence: Evidence) -> Iterator[Finding]:
    """The language model took long."""
    text = "the language model took"
    ran = evidence.models("llama.")
    yield from _slow(evidence, "first_clause", SLOW_FIRST_CLAUSE_MS, text, "slow-first-clause", ran)


def slow_voice(evidence: Evidence) -> Iterator[Finding]:
    """The answer was written and not heard for long."""
    for turn in evidence.said:
        waited, written = turn.timings_ms.get("first_audio"), turn.timings_ms.get("first_clause", 0.0)
        if waited is not None and waited - written > SLOW_VOICE_MS:
            text = f"the voice was {(waited - written) / 1000:.1f} s behind the first words of the answer to turn {turn.turn}"
            proof = (
                f"first audio after {waited:.0f} ms, first clause after {written:.0f} ms",
                *evidence.models(*VOICES),
            )
            yield Finding("slow-voice", f"{text}: it is slow, or was lost", proof, _end_s(turn))


def asked_to_wait(evidence: Evidence) -> Iterator[Finding]:
    """Outbound had to say something by itself since no answer came."""
    told = [(number, at_s) for number, at_s in evidence.phrases() if number in (WAIT, APOLOGY, GOODBYE)]
    if told:
        worst = max(number for number, _ in told)
        text = {WAIT: "was asked to wait", APOLOGY: "was apologised to", GOODBYE: "was told goodbye"}[worst]
        proof = tuple(f"phrase {number} {at_s:.1f} s into the call" for number, at_s in told)
        yield Finding("no-answer-in-time", f"the caller {text}, since no answer came", proof, told[0][1])


def model_failed(evidence: Evidence) -> Iterator[Finding]:
    """The language model failed: the apology was its answer."""
    for turn in evidence.said:
        if evidence.apology and turn.reply_text == evidence.apology:
            why = f"turn {turn.turn} was answered with llama.apology; llama's log has the reason"
            proof = (why, *evidence.models("llama."))
            yield Finding("model-failed", f"the language model failed in turn {turn.turn}", proof, _end_s(turn))


def never_answered(evidence: Evidence) -> Iterator[Finding]:
    """The call ended while an answer was owed."""
    if evidence.said and not evidence.said[-1].clauses and evidence.call.ended_at is not None:
        turn = evidence.said[-1]
        left_s = evidence.length_s - (_end_s(turn) or 0.0)
        proof = (f"the call ended {left_s:.1f} s after the last words ({evidence.call.end_reason})",)
        yield Finding("never-answered", "the caller's last words were never answered", proof, _end_s(turn))


def nothing_received(evidence: Evidence) -> Iterator[Finding]:
    """One-way audio: nothing, or nothing but silence, came from the caller."""
    if evidence.length_s < SHORT_CALL_S:
        return
    packets = evidence.media.get("received_packets")
    if packets is not None and packets < evidence.length_s:
        counted = f"{packets:.0f} packets were received in {evidence.length_s:.0f} s"
        proof = (counted, *where_sound_comes_from(evidence.happenings))
        yield Finding(
            "one-way-audio", "nothing was heard of the caller: a firewall or NAT keeps their sound out", proof
        )
    elif evidence.caller_dbfs is not None and len(evidence.caller_dbfs) and evidence.caller_dbfs.max() < MUTE_DBFS:
        proof = (f"the caller's channel never rose above {evidence.caller_dbfs.max():.0f} dBFS",)
        text = "the caller's line was silent all the time: a muted microphone, or sound that goes one way only"
        yield Finding("one-way-audio", text, proof)


def nothing_understood(evidence: Evidence) -> Iterator[Finding]:
    """Somebody spoke, and no words were made of it."""
    if evidence.caller_dbfs is None or evidence.said:
        return
    spoken_s = float(np.count_nonzero(evidence.caller_dbfs > SPEECH_DBFS)) * LEVEL_S
    if spoken_s >= SPOKEN_S:
        proof = (f"{spoken_s:.1f} s above {SPEECH_DBFS:.0f} dBFS on the caller's channel, no turn in the journal",)
        yield Finding("nothing-understood", "something was heard of the caller, and no words were made of it", proof)


def silent_caller(evidence: Evidence) -> Iterator[Finding]:
    """Nobody spoke and they were asked whether they are there."""
    asked = [at_s for number, at_s in evidence.phrases() if number == STILL_THERE]
    if asked:
        proof = tuple(f"asked {at_s:.1f} s into the call" for at_s in asked)
        yield Finding(
            "silent-caller", "the caller said nothing for long and was asked whether they are there", proof, asked[0]
        )


def lossy_line(evidence: Evidence) -> Iterator[Finding]:
    """Packets were lost between the caller and us."""
    media, ways = (
        evidence.media,
        (("lost_packets", "received_packets", "from"), ("lost_packets_peer", "sent_packets", "to")),
    )
    for lost, whole, way in ways:
        count, of = media.get(lost, 0.0), media.get(whole, 0.0)
        if count > LOSSY_SHARE * (count + of) and count + of > 0:
            share = 100 * count / (count + of)
            proof = (f"{count:.0f} of {count + of:.0f} packets, by RTCP",)
            yield Finding("packet-loss", f"{share:.0f} % of the sound {way} the caller was lost on the way", proof)


def starved_line(evidence: Evidence) -> Iterator[Finding]:
    """We came too late with what was to be played."""
    starved = evidence.media.get("starved_frames", 0.0)
    if starved > STARVED_FRAMES:
        text = "the agent's voice had gaps of our own making: the machine was too busy"
        yield Finding("starved", text, (f"{starved:.0f} frames of 20 ms ran out half way",))


def dry_answer(evidence: Evidence) -> Iterator[Finding]:
    """An answer was spoken faster than it was made."""
    for turn in sorted({gap.turn for gap in evidence.gaps}):
        gaps = [gap for gap in evidence.gaps if gap.turn == turn]
        who, models = ("language model", ("llama.",)) if gaps[0].is_for_words else ("voice", VOICES)
        silent_s = sum(gap.length_s for gap in gaps)
        text = f"the answer to turn {turn} broke off for {silent_s:.1f} s: the {who} did not keep up, or was lost"
        at_s = gaps[0].at - (evidence.call.answered_at or evidence.call.started_at)
        yield Finding("starved", text, (*map(str, gaps), *evidence.models(*models)), at_s)


def cut_off(evidence: Evidence) -> Iterator[Finding]:
    """The caller was answered before they had finished."""
    for before, after in pairwise(evidence.said):
        gap_s = ((after.start_sample or 0) - (before.end_sample or 0)) / CLOCK_HZ
        if before.is_typed or after.is_typed:
            continue
        if gap_s < CUT_WITHIN_S and heard_share(before) < CUT_HEARD_SHARE:
            said = f"{before.caller_text or '…'} | {after.caller_text or '…'}"
            text = f"the caller was probably answered before they had finished: {said!r}"
            proof = (f"they spoke on {gap_s:.1f} s later; {heard_share(before):.0%} of the answer between was heard",)
            yield Finding("cut-off", text, proof, _end_s(before))


def echo(evidence: Evidence) -> Iterator[Finding]:
    """What the agent said came back as the caller's words."""
    for before, after in pairwise(evidence.call.turns):
        words = words_of(after.caller_text)
        own = set(words_of(before.reply_text))
        share = sum(word in own for word in words) / len(words) if words else 0.0
        if not after.is_typed and len(words) >= ECHO_WORDS and share >= ECHO_SHARE and heard_share(before) < 1.0:
            proof = (f"{share:.0%} of {len(words)} words are those of the answer before, which they interrupted",)
            text = f"turn {after.turn} is probably echo of the agent's own voice: {after.caller_text!r}"
            yield Finding("echo", text, proof, (after.start_sample or 0) / CLOCK_HZ)


def no_end(evidence: Evidence) -> Iterator[Finding]:
    """The gateway died with the call."""
    is_over = any(one.event == "ended" for one in evidence.happenings)
    if evidence.call.ended_at is None and not is_over and evidence.happenings:
        last_s = evidence.happenings[-1].at - (evidence.call.answered_at or evidence.call.started_at)
        text = "the call lives, or its gateway died: it has no end in the journal"
        yield Finding("no-end", text, (f"the last that is known of it is {last_s:.1f} s after the answer",), last_s)


def not_answered(evidence: Evidence) -> Iterator[Finding]:
    """The call rang and came to nothing."""
    call = evidence.call
    if call.answered_at is None and call.ended_at is not None:
        proof = (f"it rang for {call.ended_at - call.started_at:.1f} s", *how_it_ended(evidence.happenings))
        yield Finding("not-answered", f"the call was not answered: {call.end_reason}", proof)


def changed_midway(evidence: Evidence) -> Iterator[Finding]:
    """Its processes did not all run on the same: somebody changed a setting or a model and restarted some of them."""
    told = [
        (f"[{name}]" if kind == "settings" else name, service, value)
        for service, origin in evidence.origins
        for kind, content in (("settings", origin.settings), ("models", origin.models))
        for name, value in content.items()
    ]
    first = {name: value for name, _, value in reversed(told)}
    others = {name: service for name, service, value in told if value != first[name]}
    if others:
        text = f"not all of the call ran on the same: {', '.join(sorted(others))} differs"
        proof = tuple(f"{service} was started with another {name}" for name, service in sorted(others.items()))
        yield Finding("changed-midway", text, proof)


RULES: tuple[Rule, ...] = (
    not_answered,
    changed_midway,
    service_lost,
    slow_transcription,
    slow_first_clause,
    slow_voice,
    asked_to_wait,
    model_failed,
    never_answered,
    nothing_received,
    nothing_understood,
    silent_caller,
    lossy_line,
    starved_line,
    dry_answer,
    cut_off,
    echo,
    no_end,
)


def _slow(
    evidence: Evidence, timing: str, bound_ms: float, text: str, rule: str, ran: tuple[str, ...]
) -> Iterator[Finding]:
    for turn in evidence.said:
        took_ms = turn.timings_ms.get(timing, 0.0)
        if took_ms > bound_ms:
            proof = (f"{timing} of turn {turn.turn}: {took_ms:.0f} ms; more than {bound_ms:.0f} is slow", *ran)
            yield Finding(rule, f"{text} {took_ms / 1000:.1f} s in turn {turn.turn}", proof, _end_s(turn))


def _end_s(turn: TurnRecord) -> float | None:
    return None if turn.end_sample is None else turn.end_sample / CLOCK_HZ


def _common_end(lost: list[Happening]) -> str:
    """The service at which all these connections end, or that was lost by several neighbours; "" when it is not one."""
    ends = [set(str(one.detail.get("name", "")).replace("⇢", "→").split(" → ")) for one in lost]
    tellers = {one.service for one in lost}
    common = set.intersection(*ends) - tellers if ends else set()
    return common.pop() if len(common) == 1 else ""
