"""The endpointer's settings from the configuration."""

from steadyline.audio.endpointing import EndpointSettings
from steadyline.config import Config


def endpoint_settings(config: Config) -> EndpointSettings:
    """As `[inbound]` says; where no answer is prepared nothing happens before the end."""
    inbound = config.inbound
    return EndpointSettings(
        onset_ms=min(config.barge_in.onset_ms, inbound.min_speech_ms),
        start_probability=inbound.start_probability,
        end_probability=inbound.end_probability,
        min_speech_ms=inbound.min_speech_ms,
        pre_roll_ms=inbound.pre_roll_ms,
        soft_end_ms=min(inbound.prepare_after_ms or inbound.end_silence_ms, inbound.end_silence_ms),
        end_silence_ms=inbound.end_silence_ms,
        max_utterance_s=inbound.max_utterance_s,
    )
