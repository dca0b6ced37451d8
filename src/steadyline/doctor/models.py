"""The configured models: there, unchanged, and if not, the command that gets them."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from steadyline.config import Config
from steadyline.doctor.finding import Finding, from_error
from steadyline.errors import ModelError
from steadyline.models.hub import HUB_PREFIX
from steadyline.models.registry import MODELS
from steadyline.models.store import resolve, resolve_file
from steadyline.models.verification import verify
from steadyline.services.assembly import model_store

VOICES = "kokoro-voices"


def check_models(config: Config, running: Mapping[int, str]) -> list[Finding]:
    """Every model that the configuration names, each file read in full and compared with its checksum."""
    store = model_store(config)
    findings = [_check(key, spec, suffix, store) for key, spec, suffix in configured_models(config)]
    return [*findings, *_kokoro_voices(config, store)]


def configured_models(config: Config) -> Iterator[tuple[str, str, str]]:
    """Config key, what it names, and the suffix of the one file that is wanted (empty: a folder)."""
    if config.whisper.engine == "whisper":
        yield "whisper.model", config.whisper.model, ""
    if config.llama.engine == "llamacpp":
        yield "llama.model", config.llama.model, ".gguf"
    if "piper" in (config.tts.engine, config.standby.engine):
        yield "piper.model", config.piper.model, ".onnx"
    if "kokoro" in (config.tts.engine, config.standby.engine):
        yield "kokoro.model", config.kokoro.model, ".onnx"
        yield "kokoro.voices", config.kokoro.voices, ".npz"


def _check(key: str, spec: str, suffix: str, store: Path) -> Finding:
    if spec.startswith(HUB_PREFIX):
        # Resolving it would download it.
        return Finding("models", "ok", f"{key} = {spec}: from a model hub, fetched when it is first used")
    if spec in MODELS:
        # In full, also where time and size are those of the last time: a bad disk changes neither.
        state = verify(MODELS[spec], store / spec, rehash=True)
        if state.state != "ok":
            text = f"{key} = {spec} is {state.state}: {state.detail}"
            needs_npm = any(package.index == "npm" for package in MODELS[spec].packages)
            return Finding("models", "error", text, _fetch(spec, needs_npm=needs_npm))
    try:
        path = resolve_file(spec, store, suffix) if suffix else resolve(spec, store)
    except ModelError as error:
        return from_error("models", error)
    return Finding("models", "ok", f"{key} = {spec}" + ("" if spec in MODELS else f" ({path})"))


def _fetch(name: str, *, needs_npm: bool) -> str:
    command = f"steadyline models fetch {name}"
    if needs_npm and shutil.which("npm") is None:
        return f"install Node.js's npm, which is not on the PATH, then run: {command} (or set tts.engine to piper)"
    return f"run: {command}"


def _kokoro_voices(config: Config, store: Path) -> list[Finding]:
    """The one model that comes by npm; without it Piper serves."""
    if config.tts.engine != "piper" or verify(MODELS[VOICES], store / VOICES).state == "ok":
        return []
    if shutil.which("npm") is not None:
        return [Finding("models", "ok", "Kokoro's voices are not here; piper serves, nothing is missing")]
    text = "npm is not on the PATH, so Kokoro's voices cannot be fetched; piper serves"
    return [Finding("models", "warning", text, f"to speak with Kokoro: {_fetch(VOICES, needs_npm=True)}")]
