"""One small synchronous file per engine: `stt_*`, `llm_*`, `tts_*`, `vad_*`; nothing else knows an engine's library."""
