"""A recorded call as one file: what the caller said, sample for sample, and what the journal knows of the call."""

import io
import json
import wave
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from steadyline.calls.records import CallRecord, ClauseRecord, EventRecord, TurnRecord
from steadyline.recorder.format import Origin
from steadyline.recorder.reading import Sound
from steadyline.replay.choices import ReplayError

CLOCK_HZ = 16_000
"""The call's clock, whatever the line's rate."""
RATES_HZ = (8_000, 16_000, 48_000)
LONGEST_S = 4 * 3600
"""What claims to be longer is refused before it is taken into memory."""
_CALL, _CALLER, _ORIGIN = "call.json", "caller.wav", "origin.json"

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class RecordedCall:
    """A call to replay.

    Attributes:
        record: from the journal, with its texts.
        caller: int16, mono, at `rate_hz`: what the line gave, from the answer on.
        rate_hz: the line's rate: 8,000, 16,000 or 48,000.
        origin: what the services ran on; empty when that is not known.
    """

    record: CallRecord
    caller: NDArray[np.int16]
    rate_hz: int
    origin: Origin = field(default_factory=Origin)

    def save(self, path: Path) -> None:
        """Write it as one file.

        Raises:
            ReplayError: it cannot be written.
        """
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate_hz)
            file.writeframes(self.caller.astype("<i2", copy=False).tobytes())
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(_CALL, json.dumps(asdict(self.record), ensure_ascii=False, indent=1))
                archive.writestr(_CALLER, sound.getvalue())
                archive.writestr(_ORIGIN, json.dumps(asdict(self.origin), indent=1))
        except OSError as error:
            raise ReplayError(f"{path}: cannot be written: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> "RecordedCall":
        """Read what `save` wrote.

        Raises:
            ReplayError: there is no such file, or it is none of ours.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                limit = LONGEST_S * max(RATES_HZ) * 2
                has_origin = _ORIGIN in archive.namelist()
                for name in (_CALL, _CALLER, _ORIGIN)[: 2 + has_origin]:
                    if archive.getinfo(name).file_size > limit:
                        raise ReplayError(f"{path}: {name} is longer than a call of {LONGEST_S // 3600} h")
                record = _record(json.loads(archive.read(_CALL)))
                origin = _made(Origin, json.loads(archive.read(_ORIGIN))) if has_origin else Origin()
                with wave.open(io.BytesIO(archive.read(_CALLER))) as file:
                    if (file.getnchannels(), file.getsampwidth()) != (1, 2) or file.getframerate() not in RATES_HZ:
                        raise ReplayError(f"{path}: {_CALLER} is not mono PCM of 16 bits at a telephone's rate")
                    samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
                    return cls(record, samples, file.getframerate(), origin)
        except OSError as error:
            raise ReplayError(f"{path}: {error.strerror or error}") from error
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, wave.Error) as error:
            raise ReplayError(
                f"{path} is no recorded call: {error!s:.80}; `steadyline calls export` makes one"
            ) from error


def recorded_call(record: CallRecord, sounds: Iterable[Sound], origin: Origin) -> RecordedCall:
    """A call from the journal and its recording.

    Raises:
        ReplayError: what the caller said was not recorded, or the texts were not kept.
    """
    heard = [sound for sound in sounds if not sound.is_played and sound.rate_hz in RATES_HZ]
    if not heard:
        raise ReplayError(
            f"call {record.call_uuid} cannot be replayed: what the caller said was not recorded (recorder.audio)"
        )
    if any(turn.caller_text is None for turn in record.turns if turn.turn):
        raise ReplayError(f"call {record.call_uuid} cannot be replayed: its texts were not kept (journal.store_text)")
    rate_hz = heard[0].rate_hz
    # A codec that changed in the middle of the call is played on at its own rate from silence on: few calls do.
    pieces = [sound for sound in heard if sound.rate_hz == rate_hz]
    ends = [sound.sample * rate_hz // CLOCK_HZ + len(sound.samples) for sound in pieces]
    caller = np.zeros(min(max(ends), LONGEST_S * rate_hz), np.int16)
    for sound in pieces:
        start = sound.sample * rate_hz // CLOCK_HZ
        fitting = sound.samples[: max(0, len(caller) - start)]
        caller[start : start + len(fitting)] = fitting
    return RecordedCall(record, caller, rate_hz, origin)


def _record(content: Mapping[str, Any]) -> CallRecord:
    turns = [_made(TurnRecord, {**turn, "clauses": _all(ClauseRecord, turn["clauses"])}) for turn in content["turns"]]
    return _made(CallRecord, {**content, "turns": tuple(turns), "events": _all(EventRecord, content["events"])})


def _all(kind: type[T], contents: Iterable[Mapping[str, Any]]) -> tuple[T, ...]:
    return tuple(_made(kind, content) for content in contents)


def _made(kind: type[T], content: Mapping[str, Any]) -> T:
    """A record of what JSON holds.

    Raises:
        ValueError: a field is of another type; names it.
        TypeError: a field is missing, or there is none of that name.
    """
    hints = get_type_hints(kind)
    for name, value in content.items():
        hint = hints.get(name, object)
        types = get_args(hint) if isinstance(hint, UnionType) else (get_origin(hint) or hint,)
        if not isinstance(value, (*types, int) if float in types else types):
            raise ValueError(f"{kind.__name__}.{name}: found {value!r:.40}")
    return kind(**content)
