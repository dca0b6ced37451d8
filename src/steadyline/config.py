"""Every number, port, host and path that people can set: once, with unit, default and allowed range.

The sections, in `config_speech.py` and `config_system.py`, are those of the TOML file; `config.example.toml` is made of
them. Values come from, later ones winning: the defaults, the file (`--config`, else `$STEADYLINE_CONFIG`, else
`~/.config/steadyline/config.toml` if there is one), `--set section.key=value`.
"""

import hashlib
import json
from dataclasses import dataclass, field, fields
from typing import Any

from steadyline.config_speech import (
    BargeInSection,
    EnginesSection,
    InboundSection,
    KokoroSection,
    LlamaSection,
    OutboundSection,
    PiperSection,
    StandbySection,
    TtsSection,
    WhisperSection,
)
from steadyline.config_system import (
    ConnectionsSection,
    ConsoleSection,
    GatewaySection,
    JournalSection,
    LogSection,
    ModelsSection,
    NetworkSection,
    PbxSection,
    RecorderSection,
    RegisterSection,
    RetrySection,
    SupervisorSection,
    WebphoneSection,
)


@dataclass
class Config:
    """The whole configuration."""

    network: NetworkSection = field(default_factory=NetworkSection)
    gateway: GatewaySection = field(default_factory=GatewaySection)
    pbx: PbxSection = field(default_factory=PbxSection)
    webphone: WebphoneSection = field(default_factory=WebphoneSection)
    inbound: InboundSection = field(default_factory=InboundSection)
    barge_in: BargeInSection = field(default_factory=BargeInSection)
    whisper: WhisperSection = field(default_factory=WhisperSection)
    llama: LlamaSection = field(default_factory=LlamaSection)
    tts: TtsSection = field(default_factory=TtsSection)
    standby: StandbySection = field(default_factory=StandbySection)
    piper: PiperSection = field(default_factory=PiperSection)
    kokoro: KokoroSection = field(default_factory=KokoroSection)
    outbound: OutboundSection = field(default_factory=OutboundSection)
    engines: EnginesSection = field(default_factory=EnginesSection)
    connections: ConnectionsSection = field(default_factory=ConnectionsSection)
    retry: RetrySection = field(default_factory=RetrySection)
    register: RegisterSection = field(default_factory=RegisterSection)
    journal: JournalSection = field(default_factory=JournalSection)
    recorder: RecorderSection = field(default_factory=RecorderSection)
    log: LogSection = field(default_factory=LogSection)
    models: ModelsSection = field(default_factory=ModelsSection)
    console: ConsoleSection = field(default_factory=ConsoleSection)
    supervisor: SupervisorSection = field(default_factory=SupervisorSection)


def sections(config: Config) -> dict[str, Any]:
    """Section names to section objects, in the order of the file."""
    return {item.name: getattr(config, item.name) for item in fields(config)}


def marks(config: Config) -> dict[str, str]:
    """What tells two configurations apart without giving either away: "section.key" to eight hexadecimal digits of its value.

    Settings that have their default are left out, and so are secrets.
    """
    return {
        f"{name}.{item.name}": _mark(getattr(section, item.name))
        for name, section in sections(config).items()
        for item in fields(section)
        if not item.metadata["secret"] and getattr(section, item.name) != getattr(type(section)(), item.name)
    }


def _mark(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:8]
