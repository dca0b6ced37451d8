"""Pipecat on our models, in a process and a virtual environment of its own: what `python -m benchmarks peers` compares with.

Except `llm_server`, which runs beside it in our own environment, these modules run in the peer's (`make peer`), where of
Steadyline only what needs numpy, soundfile, CTranslate2 and tokenizers can be imported. `configurations` is read by both.
"""
