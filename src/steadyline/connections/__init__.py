"""What is connected to what. `CONNECTIONS` drives the services, status, doctor and the drills: one picture for all.

caller ⇄ gateway ──0── inbound ──1── whisper ──3──▶ llama ──4──▶ tts ──5──▶ outbound ──0── gateway
                                                                  ▲────2────────┘ (UDP REGISTER)
"""

from steadyline.connections.c0_line import GATEWAY_INBOUND, GATEWAY_OUTBOUND
from steadyline.connections.c1_speech import REGISTER_WHISPER, WHISPER_INBOUND
from steadyline.connections.c2_registration import REGISTER_STANDBY, REGISTER_TTS
from steadyline.connections.c3_turns import WHISPER_LLAMA
from steadyline.connections.c4_clauses import LLAMA_STANDBY, LLAMA_TTS
from steadyline.connections.c5_audio import STANDBY_OUTBOUND, TTS_OUTBOUND
from steadyline.connections.connection import Connection

CONNECTIONS: tuple[Connection, ...] = (
    GATEWAY_INBOUND,
    GATEWAY_OUTBOUND,
    REGISTER_WHISPER,
    WHISPER_INBOUND,
    REGISTER_TTS,
    REGISTER_STANDBY,
    WHISPER_LLAMA,
    LLAMA_TTS,
    LLAMA_STANDBY,
    TTS_OUTBOUND,
    STANDBY_OUTBOUND,
)

__all__ = [
    "CONNECTIONS",
    "GATEWAY_INBOUND",
    "GATEWAY_OUTBOUND",
    "LLAMA_STANDBY",
    "LLAMA_TTS",
    "REGISTER_STANDBY",
    "REGISTER_TTS",
    "REGISTER_WHISPER",
    "STANDBY_OUTBOUND",
    "TTS_OUTBOUND",
    "WHISPER_INBOUND",
    "WHISPER_LLAMA",
    "Connection",
]
