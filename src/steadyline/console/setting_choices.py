"""What can be chosen on the Settings page: models of the registry, voices, languages; which of them would run. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from steadyline.config import Config
from steadyline.console.offered_settings import OFFERED, Offered
from steadyline.models.registry import KOKORO_VOICES, MODELS, Kind
from steadyline.models.verification import ModelState

VOICE_ENGINES = ("piper", "kokoro")
_WHISPER_CODES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk "
    "te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo "
    "ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su"
)
WHISPER_LANGUAGES = tuple(_WHISPER_CODES.split())
"""The 99 of OpenAI's whisper/tokenizer.py, in its order; models whose name ends with ".en" know English alone."""
KOKORO_LANGUAGES = ("en-us", "en-gb", "es", "fr-fr", "hi", "it", "ja", "pt-br", "cmn")
"""espeak's names of the languages that Kokoro's voices were made for."""


@dataclass(frozen=True)
class Choice:
    """One of a setting's choices.

    Attributes:
        value: as the file has it.
        note: of what kind it is, for people.
        obstacle: why it would not run now, and what to do; "": it would.
    """

    value: str
    note: str = ""
    obstacle: str = ""


def choices_of(
    setting: Offered, config: Config, models: Mapping[str, ModelState], packages: Collection[str]
) -> list[Choice]:
    """What a setting can be; what it is now is always among them.

    Args:
        setting: of kind "choice".
        config: the present one.
        models: the registry's names to their state in the store.
        packages: of the voices' extras, those that are installed.
    """
    found = _choices(setting.name, config, models, packages)
    now = setting.value_in(config)
    return found if now in [one.value for one in found] else [Choice(now, "as the file has it"), *found]


def _choices(name: str, config: Config, models: Mapping[str, ModelState], packages: Collection[str]) -> list[Choice]:
    if name == "tts.engine":
        return [Choice(one, "", _voice_obstacle(one, config, models, packages)) for one in VOICE_ENGINES]
    if name == "llama.engine":
        return [Choice("llamacpp", "here"), Choice("openai", f"by the server at {config.llama.url}")]
    if name == "kokoro.voice":
        return [Choice(voice) for voice in KOKORO_VOICES]
    if name == "kokoro.language":
        return [Choice(language) for language in KOKORO_LANGUAGES]
    if name == "whisper.language":
        return [Choice("", "whatever they speak"), *map(Choice, _spoken(config.whisper.model))]
    if name == "llama.language":
        return [Choice(language) for language in WHISPER_LANGUAGES]
    of_kind: dict[str, tuple[Kind, str]] = {
        "whisper.model": ("stt", ""),
        "llama.model": ("llm", ""),
        "piper.model": ("tts", "piper-"),
    }
    kind, start = of_kind[name]
    named = [model for model in MODELS.values() if model.kind == kind and model.name.startswith(start)]
    return [Choice(one.name, f"{one.size_bytes / 1e6:.0f} MB", model_obstacle(one.name, models)) for one in named]


def model_obstacle(name: str, models: Mapping[str, ModelState]) -> str:
    """Why a model of the registry would not run, and what to do; "" when it would, or is none of the registry's."""
    state = models.get(name)
    if state is None or state.state == "ok":
        return ""
    return f"{'not fetched' if state.state == 'missing' else 'changed'}: steadyline models fetch {name}"


def models_of(values: Mapping[str, object], config: Config) -> list[str]:
    """Models of the registry that would be loaded for new values."""
    named = [values[name] for name in ("whisper.model", "llama.model", "piper.model") if name in values]
    named += _voice_models(str(values.get("tts.engine", "")), config)
    return [name for name in named if isinstance(name, str) and name in MODELS]


def locked_voice(setting: Offered, config: Config) -> str:
    """Why a setting is left to the file; "" when it is not."""
    if setting is OFFERED["kokoro.voice"] and config.kokoro.voices not in MODELS:
        return "kokoro.voices is a file of your own: name one of its voices in the configuration file"
    return ""


def language_obstacle(config: Config) -> str:
    """Why Whisper would not start with its model and language together; "" when it would."""
    model, language = config.whisper.model, config.whisper.language
    if not language or language in _spoken(model):
        return ""
    return f"whisper.language is {language!r}, but {model} knows English (en) only"


def _spoken(model: str) -> tuple[str, ...]:
    return ("en",) if model in MODELS and model.endswith(".en") else WHISPER_LANGUAGES


def _voice_obstacle(engine: str, config: Config, models: Mapping[str, ModelState], packages: Collection[str]) -> str:
    if engine not in packages:
        return f"not installed: pip install 'steadyline[{engine}]'"
    return next(filter(None, (model_obstacle(name, models) for name in _voice_models(engine, config))), "")


def _voice_models(engine: str, config: Config) -> list[str]:
    of_engine = {"piper": [config.piper.model], "kokoro": [config.kokoro.model, config.kokoro.voices]}
    return of_engine.get(engine, [])
