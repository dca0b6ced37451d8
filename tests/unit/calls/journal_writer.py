"""A process that writes turns to a journal until it is killed: `journal_writer.py PATH CALL_UUID TURNS`.

Prints the number of each turn once it is committed.
"""

import sys
from pathlib import Path

from steadyline.calls.journal import Journal


def main() -> None:
    path, call_uuid, turns = sys.argv[1:]
    journal = Journal(Path(path))
    for turn in range(1, int(turns) + 1):
        journal.turn_heard(call_uuid, turn, turn * 100, turn * 100 + 100, f"turn {turn}", "en", float(turn))
        for clause in range(3):
            journal.clause_written(call_uuid, turn, clause, f"clause {clause} of {turn}", float(turn))
        print(turn, flush=True)


if __name__ == "__main__":
    main()
