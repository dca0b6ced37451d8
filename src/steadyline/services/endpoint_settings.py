"""The endpointer's settings from the configuration."""

from steadyline.audio.endpointing import EndpointSettings
from steadyline.audio.onset import OnsetSettings
from steadyline.config import Config
from steadyline.config_speech import CUT_SEARCH_S


def endpoint_settings(config: Config) -> EndpointSettings:
    """As `[inbound]` says; where no answer is prepared nothing happens before the end."""
    inbound, barge_in = config.inbound, config.barge_in
    return EndpointSettings(
        onset=OnsetSettings(
            min(barge_in.onset_probability, inbound.start_probability),
            inbound.start_probability,
            min(barge_in.onset_ms, inbound.min_speech_ms),
            barge_in.release_ms,
            inbound.min_speech_ms + 2 * barge_in.release_ms,
            barge_in.onset_margin_db,
            round(barge_in.distrust_s * 1000),
        ),
        start_probability=inbound.start_probability,
        end_probability=inbound.end_probability,
        min_speech_ms=inbound.min_speech_ms,
        pre_roll_ms=inbound.pre_roll_ms,
        soft_end_ms=min(inbound.prepare_after_ms or inbound.end_silence_ms, inbound.end_silence_ms),
        end_silence_ms=inbound.end_silence_ms,
        max_utterance_s=inbound.max_utterance_s,
        cut_search_s=CUT_SEARCH_S,
    )
