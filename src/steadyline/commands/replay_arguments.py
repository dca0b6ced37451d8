"""The options of `steadyline replay`."""

import argparse

from steadyline.drills.options import amount
from steadyline.replay.choices import ENGINES, KILLABLE, SUFFIX

DESCRIPTION = f"""\
Plays what the caller said in a recorded call to the present code, in virtual time: a call of minutes takes seconds. The
engines say what they said then, in the time that they took then, unless --engine asks for the real ones. Prints what
differs in turns, words and times; the status is 1 when something does.

CALL is what `steadyline calls` takes, or a file of `steadyline calls export CALL --format replay` (*{SUFFIX}), which holds
all that a replay needs: copied to where your tests lie, it is a regression test.
"""
EXAMPLES = """\
examples:
  steadyline replay 12                              is the call still the same?
  steadyline replay 12 --kill tts@turn2             and when the voice dies in the second answer?
  steadyline replay 12 --engine whisper             what does Whisper understand today?
  steadyline --set inbound.end_silence_ms=900 replay talk.call.zip
"""
TOLERANCE_MS = 300.0


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("call", metavar="CALL", help="a call of `steadyline calls list`, or a file")
    kill = f"kill a service when the answer to a turn begins; SERVICE: {', '.join(KILLABLE)}"
    parser.add_argument("--kill", metavar="SERVICE@turnN", help=kill)
    engine = f"ask this one for real, as configured ({', '.join(ENGINES)}); may be given again"
    parser.add_argument("--engine", action="append", default=[], choices=ENGINES, metavar="ENGINE", help=engine)
    tolerance = "times that differ by no more count as the same (%(default).0f)"
    parser.add_argument("--tolerance-ms", type=amount, default=TOLERANCE_MS, metavar="MS", help=tolerance)
    parser.add_argument("--json", action="store_true", help="print the result as JSON, and nothing else")
