"""What can go wrong, by whose fault it is.

Every error that a user can meet derives from `SteadylineError`; its text names the field, what was found and what
was allowed, and says what to do. The command line prints the text alone and ends with `exit_code`.
"""


class SteadylineError(Exception):
    """Base of all errors that Steadyline raises on purpose.

    Attributes:
        exit_code: the status with which the command line ends when nobody handles the error.
    """

    exit_code = 1


class ConfigError(SteadylineError):
    """The configuration (file, `--set` or option) is not usable; names the key, the place and what was expected."""

    exit_code = 2


class AudioFileError(SteadylineError):
    """An audio file cannot be read; names the file and why."""

    exit_code = 2


class ModelError(SteadylineError):
    """A model is missing, changed or not loadable; names the command that mends it."""

    exit_code = 2


class PortTakenError(SteadylineError):
    """A port that a service needs cannot be had; names the port and, once it has reached the user, who holds it.

    Attributes:
        places: the ports that the text means, as ("tcp" or "udp", host, port).
    """

    exit_code = 2

    def __init__(self, text: str, places: tuple[tuple[str, str, int], ...] = ()) -> None:
        super().__init__(text)
        self.places = places


class CannotRunError(SteadylineError):
    """A service of `steadyline up` ended with something that no restart mends; its own last lines say what."""

    exit_code = 2


class EngineError(SteadylineError):
    """An engine failed on input that was valid; the call goes on."""


class EngineLostError(EngineError):
    """The process that an engine runs in is gone; its service ends, and a new one does the work again."""


class EngineFrozenError(EngineLostError):
    """It did nothing any more and was killed."""

    exit_code = 3


class WireError(SteadylineError):
    """The peer broke the protocol of `docs/wire-protocol.md`.

    Attributes:
        code: the machine-readable reason that is sent to the peer (REFUSED or BYE), e.g. `"frame-too-long"`.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
