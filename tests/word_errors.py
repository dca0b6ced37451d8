"""How much of what was said was understood, as the field counts it."""


def words(text: str) -> str:
    """Text for word error rates: numbers and spelling as OpenAI's English normaliser writes them (whisper_normalizer)."""
    from whisper_normalizer.english import EnglishTextNormalizer

    return str(EnglishTextNormalizer()(text))


def word_error_rate(reference: str, heard: str) -> float:
    """Word error rate (jiwer) of `heard` against `reference`, both normalised."""
    import jiwer

    return float(jiwer.wer(words(reference), words(heard)))
