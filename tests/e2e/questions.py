"""The spoken questions of examples/questions and their words."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples" / "questions"


@dataclass(frozen=True)
class Question:
    """A recording and what is said in it."""

    path: Path
    text: str


def _question(name: str, text: str) -> Question:
    return Question(FOLDER / f"{name}.wav", text)


CAPITAL = _question("1-capital-of-france", "What is the capital of France?")
OPPOSITE = _question("2-opposite-of-hot", "What is the opposite of hot?")
DAYS = _question("3-days-in-a-week", "How many days are in a week?")
OCEAN = _question("4-largest-ocean", "What is the largest ocean?")
QUESTIONS = (CAPITAL, OPPOSITE, DAYS, OCEAN)
