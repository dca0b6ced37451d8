"""Word error rate: substitutions, deletions and insertions on the way from a reference to what was heard, by its words."""

SHORT_FORMS = {"n't": " not", "'re": " are", "'s": " is", "'ll": " will", "'ve": " have", "'m": " am", "'d": " would"}
"""A recogniser writes either."""


def word_error_rate(reference: str, heard: str) -> float:
    """Levenshtein distance in words over the reference's words; capitals and marks do not matter. 0 for two empty texts."""
    wanted, found = _words(reference), _words(heard)
    distances = list(range(len(found) + 1))
    for row, word in enumerate(wanted, 1):
        diagonal, distances[0] = distances[0], row
        for column, other in enumerate(found, 1):
            step = min(distances[column] + 1, distances[column - 1] + 1, diagonal + (word != other))
            diagonal, distances[column] = distances[column], step
    return distances[-1] / len(wanted) if wanted else float(bool(found))


def _words(text: str) -> list[str]:
    text = text.lower().replace("’", "'")
    for short, long in SHORT_FORMS.items():
        text = text.replace(short, long)
    return "".join(character if character.isalnum() else " " for character in text).split()
