"""Which settings the Settings page offers, and which services read them. Pure.

Nothing is offered that would run other code or send what callers say elsewhere (`module:Class`, paths, `hub:` names, URLs,
keys): who may open the console is not always who may log in on the machine. Those stay to the configuration file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from steadyline.config import Config, marks, sections

Kind = Literal["line", "text", "number", "choice"]
UP = "up"
"""In the place of a service: `steadyline up` itself has to be started again."""
VOICES, PIPER, KOKORO = "voices", "piper", "kokoro"


@dataclass(frozen=True)
class Offered:
    """One setting of the page.

    Attributes:
        name: "section.key".
        label: what people call it.
        kind: a line, a text of several lines, a number, or one of some choices.
        readers: who reads it when starting: services, `UP`, or those that speak: `VOICES` all, `PIPER` and `KOKORO` with
            that engine.
        max_chars: longest text that the page takes; the file has no such limit.
        own_hint: in the place of the configuration's own words, where those name what the page does not offer.
    """

    name: str
    label: str
    kind: Kind
    readers: tuple[str, ...]
    max_chars: int = 500
    own_hint: str = ""

    @property
    def field(self) -> Any:
        """The dataclass field of the configuration."""
        section, _, key = self.name.partition(".")
        return next(item for item in fields(sections(Config())[section]) if item.name == key)

    @property
    def hint(self) -> str:
        """What it means, with its unit."""
        return self.own_hint or str(self.field.metadata["text"])

    def value_in(self, config: Config) -> Any:
        """What a configuration has there."""
        section, _, key = self.name.partition(".")
        return getattr(getattr(config, section), key)


_OF_THE_LIST = "one of `steadyline models list`; a model of your own goes into the file"
_KOKORO_VOICES = (
    "its first letter is its language: American and British English, Spanish (e), French, Hindi, Italian, Japanese, "
    "Portuguese, Chinese (z)"
)
_ANSWERS = "language of the answers, which the prompt has to ask for, too, and of the phrases that callers are asked to wait with"

GROUPS: Mapping[str, tuple[Offered, ...]] = {
    "What it says": (
        Offered("llama.greeting", "Greeting", "line", ("llama", VOICES)),
        Offered("llama.persona", "Prompt", "text", ("llama",), 6000),
        Offered("llama.apology", "Apology", "line", ("llama", VOICES)),
        Offered("llama.farewell", "Farewell", "line", ("llama", VOICES)),
    ),
    "Voice": (
        Offered("tts.engine", "Voice", "choice", (UP,)),
        Offered("piper.model", "Piper's voice", "choice", (PIPER,), own_hint=_OF_THE_LIST),
        Offered("kokoro.voice", "Kokoro's voice", "choice", (KOKORO,), own_hint=_KOKORO_VOICES),
        Offered("kokoro.language", "Kokoro's pronunciation", "choice", (KOKORO,)),
        Offered("kokoro.speed", "Kokoro's speed", "number", (KOKORO,)),
    ),
    "Language": (
        Offered(
            "whisper.language",
            "Callers speak",
            "choice",
            ("whisper", "inbound"),
            own_hint="language that is listened for",
        ),
        Offered("llama.language", "It answers in", "choice", ("llama", "outbound"), own_hint=_ANSWERS),
    ),
    "Models": (
        Offered("whisper.model", "Speech recognition", "choice", ("whisper",), own_hint=_OF_THE_LIST),
        Offered("llama.engine", "Language model runs in", "choice", ("llama",)),
        Offered("llama.model", "Language model", "choice", ("llama",), own_hint=_OF_THE_LIST),
        Offered("llama.url_model", "Server's model", "line", ("llama",), 200),
        Offered("llama.temperature", "Temperature", "number", ("llama",)),
        Offered("llama.max_tokens", "Longest answer", "number", ("llama",)),
    ),
}
OFFERED: Mapping[str, Offered] = {one.name: one for group in GROUPS.values() for one in group}

EFFECTS = {
    "whisper": "what callers say meanwhile is kept, and answered when it is back",
    "inbound": "what callers say meanwhile is kept, and answered when it is back",
    "llama": "answers wait until the language model is loaded again",
    "outbound": "an answer stops for a moment and goes on where it was",
    VOICES: "an answer goes on when the voice is loaded again, or by the standby at once",
}
"""What a restart means for calls that are going on. The gateway is not among them: nothing that is offered is read by it."""


def readers_of(setting: Offered, config: Config) -> list[str]:
    """Services that have to be started again for a new value, or `UP`; none when nobody uses it now."""
    voices = {config.tts.service: config.tts.engine}
    if config.standby.engine:
        voices["standby"] = config.standby.engine
    of_role = {
        VOICES: list(voices),
        PIPER: [name for name, engine in voices.items() if engine == PIPER],
        KOKORO: [name for name, engine in voices.items() if engine == KOKORO],
    }
    return [name for reader in setting.readers for name in of_role.get(reader, [reader])]


def effect_of(service: str) -> str:
    """What its restart means for calls that are going on, for people."""
    return EFFECTS.get(service, EFFECTS[VOICES])


def stale(config: Config, running: Config, told: Mapping[str, Mapping[str, str] | None]) -> dict[str, list[str]]:
    """Services that run with other values than the file has, to the settings in question; `UP` may be among them.

    Args:
        config: of the file.
        running: with which the services' names are found.
        told: services (and `UP`) to the marks of what they run with; None: not known.
    """
    now = marks(config)

    def differing(name: str, read: Iterable[Offered]) -> list[str]:
        has = told.get(name)
        return [] if has is None else [one.name for one in read if has.get(one.name) != now.get(one.name)]

    readers: dict[str, list[Offered]] = {}
    for setting in OFFERED.values():
        for name in readers_of(setting, running):
            readers.setdefault(name, []).append(setting)
    found = {name: differing(name, read) for name, read in readers.items()}
    return {name: settings for name, settings in found.items() if settings}
