"""llama.cpp in the process, with the default model."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.engines.conftest import ModelPath

from steadyline.engines.llm import Completion, Message
from steadyline.engines.llm_llamacpp import ANY_SLOT, LlamaCppModel
from steadyline.errors import EngineError, ModelError

pytestmark = pytest.mark.engines

SMOLLM = "smollm2-135m-instruct-q4_1"
PERSONA = Message("system", "You are a helpful assistant who answers in one short sentence.")
SLOTS, CONTEXT_TOKENS = 2, 512


@pytest.fixture(scope="module")
def gguf(model_path: ModelPath) -> Path:
    return model_path(SMOLLM, ".gguf")


@pytest.fixture(scope="module")
def model(gguf: Path) -> Iterator[LlamaCppModel]:
    loaded = LlamaCppModel(gguf, slots=SLOTS, context_tokens_per_slot=CONTEXT_TOKENS, threads=1)
    yield loaded
    loaded.close()


def ask(
    model: LlamaCppModel, *messages: Message, slot: int = 0, max_tokens: int = 24, stop: Sequence[str] = ()
) -> Completion:
    return model.stream(
        messages, slot=slot, max_tokens=max_tokens, temperature=0.0, stop=stop, on_text=lambda piece: False
    )


def user(text: str) -> Message:
    return Message("user", text)


def long_text(words: int) -> str:
    return " ".join(f"number {number}" for number in range(words // 2))


def test_a_question_is_answered_piece_by_piece(model: LlamaCppModel) -> None:
    pieces: list[str] = []
    question = (PERSONA, user("What is the capital of France?"))
    answer = model.stream(
        question, slot=0, max_tokens=24, temperature=0.0, stop=(), on_text=lambda piece: bool(pieces.append(piece))
    )
    assert "Paris" in answer.text
    assert "".join(pieces) == answer.text
    assert len([piece for piece in pieces if piece]) > 3
    assert answer.finish == "stop"
    assert answer.prompt_tokens == model.count_tokens(question)


def test_the_longest_answer_is_kept_to(model: LlamaCppModel) -> None:
    answer = ask(model, PERSONA, user("Tell me about the sea."), max_tokens=5)
    assert (answer.finish, answer.generated_tokens) == ("length", 5)


def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(model: LlamaCppModel) -> None:
    answer = ask(model, PERSONA, user("What is the capital of France?"), stop=[" Paris"])
    assert answer.finish == "stop"
    assert answer.text
    assert "Paris" not in answer.text


def test_a_conversation_is_not_computed_twice(model: LlamaCppModel) -> None:
    messages = [PERSONA, user(f"Remember {long_text(60)}.")]
    first = ask(model, *messages)
    again = ask(model, *messages, Message("assistant", first.text), user("What was the first of them?"))
    assert first.prompt_tokens and again.reused_tokens
    assert again.reused_tokens >= first.prompt_tokens - 2


def test_what_was_read_ahead_is_not_computed_again_whatever_the_caller_says(model: LlamaCppModel) -> None:
    question = user("What is the capital of Italy, please?")
    model.prefill([PERSONA], 1)
    first = ask(model, PERSONA, user("What is the capital of France?"), slot=1)
    history = [PERSONA, user("What is the capital of France?"), Message("assistant", first.text)]
    model.prefill([*history, user("Hello")], 1)
    answer = ask(model, *history, question, slot=1)
    model.release(1)
    model.prefill([PERSONA], 1)
    unread = ask(model, *history, question, slot=1)
    assert answer.text == unread.text
    assert answer.prompt_tokens and answer.reused_tokens
    # What is left: the question, and the marks around the answer to come.
    assert answer.prompt_tokens - answer.reused_tokens <= model.count_tokens([question]) - 3


def test_what_a_dropped_turn_leaves_is_not_computed_again(model: LlamaCppModel) -> None:
    old = [user(f"First, {long_text(40)}."), Message("assistant", "I see.")]
    new = [user(f"Then, {long_text(80)}."), Message("assistant", "I see that too."), user("And what now?")]
    model.prefill([PERSONA], 1)
    ask(model, PERSONA, *old, *new, slot=1)
    trimmed = ask(model, PERSONA, *new, slot=1)
    assert trimmed.prompt_tokens and trimmed.reused_tokens
    assert trimmed.reused_tokens > 0.8 * trimmed.prompt_tokens


def test_the_next_call_on_a_slot_reuses_the_persona_alone(model: LlamaCppModel) -> None:
    secret = user(f"My numbers are {long_text(100)}.")
    persona_tokens = model.count_tokens([PERSONA])
    model.prefill([PERSONA], 1)
    ask(model, PERSONA, user("I am the first caller."), secret, slot=1)
    model.release(1)
    # The same words at another place: they were computed in the light of the first call's.
    answer = ask(model, PERSONA, secret, slot=1)
    assert answer.reused_tokens is not None
    assert answer.reused_tokens <= persona_tokens + 8


def test_calls_at_once_keep_their_conversations_apart(model: LlamaCppModel) -> None:
    questions = ["What is the capital of France?", "What is the opposite of hot?"]
    alone = [ask(model, PERSONA, user(text), slot=slot).text for slot, text in enumerate(questions)]
    for _ in range(3):
        with ThreadPoolExecutor(SLOTS) as threads:
            futures = [
                threads.submit(ask, model, PERSONA, user(text), slot=slot) for slot, text in enumerate(questions)
            ]
            together = [future.result().text for future in futures]
        assert "Paris" in together[0] and "cold" in together[1]
        assert "cold" not in together[0] and "Paris" not in together[1]
    assert "Paris" in alone[0] and "cold" in alone[1]


def test_an_answer_ends_at_once_when_told_to(model: LlamaCppModel) -> None:
    pieces: list[str] = []

    def on_text(piece: str) -> bool:
        pieces.append(piece)
        return bool(piece)

    answer = model.stream(
        [PERSONA, user("Tell me about the sea.")], slot=0, max_tokens=400, temperature=0.0, stop=(), on_text=on_text
    )
    assert answer.finish == "cancelled"
    assert len([piece for piece in pieces if piece]) == 1
    # The slot is free again.
    assert ask(model, PERSONA, user("What is the opposite of hot?")).finish == "stop"


def test_even_the_reading_of_a_long_prompt_can_be_ended(model: LlamaCppModel) -> None:
    calls: list[str] = []
    answer = model.stream(
        [PERSONA, user(long_text(180))],
        slot=0,
        max_tokens=10,
        temperature=0.0,
        stop=(),
        on_text=lambda piece: len(calls) > 1 or bool(calls.append(piece)),
    )
    assert answer.finish == "cancelled"
    assert calls == ["", ""]
    assert answer.text == ""


def test_what_the_callback_raises_comes_out(model: LlamaCppModel) -> None:
    def on_text(piece: str) -> bool:
        raise LookupError("from the callback")

    with pytest.raises(LookupError, match="from the callback"):
        model.stream([user("Hi")], slot=0, max_tokens=10, temperature=0.0, stop=(), on_text=on_text)


def test_a_conversation_beyond_the_context_is_refused_in_numbers(model: LlamaCppModel) -> None:
    with pytest.raises(EngineError, match=rf"exceeds the available context size \({CONTEXT_TOKENS} tokens\)"):
        ask(model, user(long_text(1000)))
    assert ask(model, PERSONA, user("What is the opposite of hot?")).finish == "stop"


def test_any_slot_will_do_when_asked_for(model: LlamaCppModel) -> None:
    assert "cold" in ask(model, PERSONA, user("What is the opposite of hot?"), slot=ANY_SLOT).text


@pytest.mark.parametrize("slot", [-2, SLOTS])
def test_a_slot_that_does_not_exist(model: LlamaCppModel, slot: int) -> None:
    with pytest.raises(ValueError, match=rf"slot: found {slot}"):
        ask(model, user("Hi"), slot=slot)


def test_text_of_all_kinds_is_taken(model: LlamaCppModel) -> None:
    for text in ["Grüße, 你好, 👋", "\x00", "", 'a "quoted" \\ word']:
        assert ask(model, user(text), max_tokens=3).finish in ("stop", "length")


def test_nothing_can_be_asked_after_closing(gguf: Path) -> None:
    closed = LlamaCppModel(gguf, slots=1, context_tokens_per_slot=256, threads=1)
    closed.close()
    with pytest.raises(EngineError, match="has been closed"):
        ask(closed, user("Hi"))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.gguf: cannot be read: No such file"):
        LlamaCppModel(tmp_path / "absent.gguf")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "song.gguf"
    path.write_bytes(b"RIFF" + bytes(1000))
    with pytest.raises(ModelError, match=r"song\.gguf: begins with b'RIFF', a GGUF file with b'GGUF'"):
        LlamaCppModel(path)


@pytest.mark.parametrize("size_bytes", [4, 1000, 2_000_000])
def test_a_file_that_was_cut_short(gguf: Path, tmp_path: Path, size_bytes: int) -> None:
    path = tmp_path / "cut.gguf"
    with gguf.open("rb") as whole:
        path.write_bytes(whole.read(size_bytes))
    with pytest.raises(ModelError, match=rf"cut\.gguf \({size_bytes} bytes\): llama\.cpp does not load it"):
        LlamaCppModel(path)


def test_the_process_still_ends_on_its_own_signals(gguf: Path) -> None:
    """llama.cpp takes SIGINT and SIGTERM for itself; loading gives them back."""
    program = f"""
import asyncio, os, signal, sys
from pathlib import Path
from steadyline.engines.llm_llamacpp import LlamaCppModel

async def main():
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    load = lambda: LlamaCppModel(Path(sys.argv[1]), slots=1, context_tokens_per_slot=256, threads=1)
    model = await asyncio.to_thread(load)
    os.kill(os.getpid(), signal.{signal.SIGTERM.name})
    await asyncio.wait_for(told.wait(), 30)
    model.close()
    print("told")

asyncio.run(main())
"""
    result = subprocess.run(
        [sys.executable, "-c", program, str(gguf)], capture_output=True, text=True, timeout=120, check=True
    )
    assert result.stdout == "told\n"
    assert result.stderr == ""


def test_threads_do_not_grow_with_answers(model: LlamaCppModel) -> None:
    tasks = Path("/proc/self/task")
    for _ in range(3):
        ask(model, user("Hi"), max_tokens=2)
        model.count_tokens([user("Hi")])
    before = len(list(tasks.iterdir()))
    for _ in range(20):
        ask(model, user("Hi"), max_tokens=2)
        model.count_tokens([user("Hi")])
    # One that has answered takes a moment to end.
    deadline = time.monotonic() + 10
    while len(list(tasks.iterdir())) > before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(list(tasks.iterdir())) <= before
    assert threading.active_count() < 10
