"""What the far end calls itself, fit for logs, terminals and the journal."""

MAX_CHARACTERS = 200


def shown(text: str) -> str:
    """What is not printable replaced (U+FFFD): a terminal would obey it, and a log would have one line more. The rest is cut."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:MAX_CHARACTERS])
