"""What the kernel says of a process."""

from pathlib import Path

STOPPED = "T"
"""Stopped by a signal (SIGSTOP, Ctrl-Z); "t", held by a debugger, is something else."""
WAITING_FOR_DISK = "D"
"""In the middle of a read or write, or of getting memory back that was swapped out; cannot be killed."""


def process_state(pid: int) -> str:
    """The state of a process as proc(5) has it: "R", "S", "D", "T", "t", "Z", ...; "" when there is none.

    The main thread's is told: a signal that stops a process stops all of its threads.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    # The command's name stands in parentheses before the state, and may hold parentheses itself.
    return stat[stat.rfind(b")") + 2 :][:1].decode("ascii", "replace")
