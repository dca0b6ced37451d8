"""What a service runs on: its models and its settings, as a recording names them."""

import hashlib
import json
import re
from dataclasses import Field, fields
from typing import Any

from steadyline.config import Config, sections
from steadyline.models.identity import DIGITS, model_identity
from steadyline.recorder.format import Origin

PORT = re.compile(r"(^|_)port(_base|_low|_high)?$")
"""Names of settings that say where something runs and not what it does."""


def service_origin(service: str, config: Config) -> Origin:
    """Of the service of that name, e.g. "piper"."""
    return Origin(service_models(service, config), settings_hashes(config))


def system_origin(config: Config) -> Origin:
    """Of all services that the configuration asks for."""
    models: dict[str, str] = {}
    for service in ("whisper", "llama", "tts"):
        models |= service_models(service, config)
    return Origin(models, settings_hashes(config))


def service_models(service: str, config: Config) -> dict[str, str]:
    """The models that a service loads: the setting that names one, and which it is (`model_identity`)."""
    voices = {"tts": config.tts.engine, "standby": config.standby.engine}
    engines = {"whisper": config.whisper.engine, "llama": config.llama.engine, **voices}
    match engines.get(service, service):
        case "whisper":
            return {"whisper.model": model_identity(config.whisper.model)}
        case "llamacpp":
            return {"llama.model": model_identity(config.llama.model)}
        case "openai":
            return {"llama.url_model": config.llama.url_model}
        case "piper":
            return {"piper.model": model_identity(config.piper.model)}
        case "kokoro":
            kokoro = config.kokoro
            return {"kokoro.model": model_identity(kokoro.model), "kokoro.voices": model_identity(kokoro.voices)}
        case engine if service in engines and engine:
            return {f"{service}.engine": engine}
    return {}


def settings_hashes(config: Config) -> dict[str, str]:
    """For each section of the effective configuration the beginning of a SHA-256, in hexadecimal digits.

    Secrets are left out, since a short one could be guessed from its hash; so are ports.
    """
    return {name: _hash(section) for name, section in sections(config).items()}


def _hash(section: Any) -> str:
    told = {item.name: getattr(section, item.name) for item in fields(section) if _is_told(item)}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:DIGITS]


def _is_told(item: Field[Any]) -> bool:
    return not (item.metadata["secret"] or PORT.search(item.name))
