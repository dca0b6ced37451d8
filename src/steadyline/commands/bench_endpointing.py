"""`steadyline bench endpointing`: how soon the end of a turn is known, and how often it is taken for one too early."""

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from steadyline.bench.endpointing.recording import read_recordings, write_recording
from steadyline.bench.endpointing.report import as_dict, page, table
from steadyline.bench.endpointing.run import measure
from steadyline.bench.endpointing.speaking import SHIPPED, read_utterances, spoken
from steadyline.config_file import load_config
from steadyline.drills.options import amount, conditions, say_progress, write_results

NAME = "bench-endpointing"
DESCRIPTION = """\
Plays recordings of callers through speech detection, Whisper and the policy that ends turns, in sample time: how busy the
machine is does not matter. Beside the configured policy each is judged by silence alone. Without --recordings the shipped
list of utterances is spoken by Piper and Kokoro, with the pauses that it names.
"""
EXAMPLES = """\
examples:
  steadyline bench endpointing                                      the shipped utterances
  steadyline bench endpointing --keep spoken                        and keep them as recordings
  steadyline bench endpointing --recordings spoken                  your own: <name>.wav and <name>.toml (text, end_s, has_pause)
  steadyline bench endpointing --set inbound.shortest_wait_ms=400   with other settings
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The bench's options."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--recordings", type=Path, metavar="DIR", help="recordings to replay, instead of speaking the list")
    add("--utterances", type=Path, default=SHIPPED, metavar="FILE", help="another list to speak")
    add("--keep", type=Path, metavar="DIR", help="leave what was spoken there, as recordings")
    add(
        "--transcription-ms",
        type=amount,
        metavar="MS",
        help="how long each transcription is taken to last; without it, its CPU time (of little worth on a shared machine)",
    )
    add("--json", action="store_true", help="print the result as JSON, and nothing else to the standard output")
    add("--out", type=Path, metavar="DIR", help=f"leave the result there as {NAME}.json and {NAME}.html")


def run(namespace: argparse.Namespace, path: Path | None, settings: Sequence[str]) -> int:
    """Measure and report.

    Raises:
        RecordingError: a recording or the list is not as it must be.
        ModelError: a model is missing.
    """
    config = load_config(path, settings)
    if namespace.recordings is not None:
        recordings = read_recordings(namespace.recordings)
    else:
        recordings = []
        for recording in spoken(read_utterances(namespace.utterances), config):
            say_progress(f"spoken: {recording.name}")
            recordings.append(recording)
    if namespace.keep is not None:
        namespace.keep.mkdir(parents=True, exist_ok=True)
        for recording in recordings:
            write_recording(recording, namespace.keep)
    measured = measure(recordings, config, say_progress, namespace.transcription_ms)
    command = shlex.join(["steadyline", *sys.argv[1:]])
    result = {**conditions(NAME, command), **as_dict(measured.by_policy, measured.transcription_ms)}
    if namespace.out is not None:
        namespace.out.mkdir(parents=True, exist_ok=True)
        write_results(namespace.out, result, page(command, result))
    print(
        json.dumps(result, ensure_ascii=False, indent=1)
        if namespace.json
        else table(measured.by_policy, measured.transcription_ms)
    )
    return 0
