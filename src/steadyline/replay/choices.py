"""What a replay can be asked for; nothing heavy comes along, since every command's start pays for it."""

from dataclasses import dataclass

from steadyline.errors import SteadylineError

ENGINES = ("whisper", "llama", "tts")
SUFFIX = ".call.zip"
"""Of the file that holds a call to replay."""
KILLABLE = ("inbound", "whisper", "llama", "tts", "outbound")


class ReplayError(SteadylineError):
    """A call cannot be replayed; says why, and what would be needed."""

    exit_code = 2


@dataclass(frozen=True)
class Kill:
    """A service that is killed when the answer to a turn begins to be heard."""

    service: str
    turn: int

    @classmethod
    def parse(cls, text: str) -> "Kill":
        """From "tts@turn2".

        Raises:
            ReplayError: it is none.
        """
        service, _, number = text.partition("@turn")
        if service not in KILLABLE or not number.isdecimal():
            raise ReplayError(f"--kill: found {text!r}, expected SERVICE@turnN, SERVICE one of {', '.join(KILLABLE)}")
        return cls(service, int(number))
