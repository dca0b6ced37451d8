"""The options of `steadyline calls`; nothing heavy comes along, since every command's start pays for it."""

import argparse
from pathlib import Path

CALLS_ACTIONS = {
    "list": "show the calls that were, the latest first",
    "show": "show one call: what was said and when, what was waited for, what failed",
    "export": "write one call into files: its sound, all that is known of it, its story",
    "why": "say in plain words what went wrong in one call, with the evidence",
    "delete": "delete one call: its recording, and what the journal has of it",
}
DEFAULT_LIMIT = 20
FORMS = "a number of `steadyline calls list`, call:ID, or at least four characters of a uuid"
DEFAULT_FORMATS = ("wav", "json", "text")
FORMATS = (*DEFAULT_FORMATS, "replay")
"""The last: all that `steadyline replay` needs, in one file."""
NO_CALLS = "no calls yet: start `steadyline up` and call it, e.g. with `steadyline call`"


def add_calls_arguments(action: str, parser: argparse.ArgumentParser) -> None:
    """The options of one action."""
    if action == "list":
        parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help="how many (default: 20)")
        parser.add_argument(
            "--since", metavar="WHEN", help="of no earlier than 90min, 2h, 3d ago, or than a date or time"
        )
        parser.add_argument("--json", action="store_true", help="for programs")
        return
    parser.add_argument("call", metavar="N", help=FORMS)
    if action in ("show", "why"):
        parser.add_argument("--json", action="store_true", help="for programs")
    elif action == "export":
        parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where to (default: here)")
        parser.add_argument(
            "--format", default=",".join(DEFAULT_FORMATS), metavar="NAMES", help=f"some of {','.join(FORMATS)}"
        )
    else:
        parser.add_argument("--yes", action="store_true", help="without asking")
