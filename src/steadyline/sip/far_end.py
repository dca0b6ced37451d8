"""What the far end calls itself, fit for logs, terminals and the journal."""

from steadyline.log import printable

MAX_CHARACTERS = 200


def shown(text: str) -> str:
    """As `printable` has it; a terminal would obey the rest, and a log would have one line more."""
    return printable(text, MAX_CHARACTERS)
