"""Steadyline answers the telephone with a local AI: SIP, Whisper, LLaMA, Kokoro or Piper, each a process of its own."""

__version__ = "0.1.0"
