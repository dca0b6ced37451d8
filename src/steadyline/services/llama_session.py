"""One call in LLaMA: its history, its turns, its answers; taken up again from the journal after a crash."""

import asyncio
from collections.abc import Callable

from steadyline.calls.records import TurnRecord
from steadyline.clock import TimerHandle
from steadyline.config import Config
from steadyline.errors import EngineError
from steadyline.link.link import Link
from steadyline.link.runtime import Runtime
from steadyline.services.answer import Answer
from steadyline.services.answering import SOME_WORDS, Answerer
from steadyline.services.call_journal import CallJournal
from steadyline.services.dialogue import Dialogue
from steadyline.services.draft import Draft
from steadyline.services.engine_host import EngineHost
from steadyline.services.engine_protocols import LanguageModel
from steadyline.services.fixed_texts import greeting_clauses
from steadyline.services.journal_access import JournalAccess
from steadyline.services.tasks import Tasks
from steadyline.services.typed_text import turn_of
from steadyline.services.voices import Voices
from steadyline.text.backchannel import is_backchannel
from steadyline.text.farewell import is_farewell
from steadyline.wire import line_messages, messages
from steadyline.wire.line_messages import TypedText
from steadyline.wire.messages import Hello, Message, PipelineState, Position, Turn


class LlamaSession:
    """One call: its history, its turns and its answers."""

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        host: EngineHost[LanguageModel],
        journal: JournalAccess,
        hello: Hello,
        slot: int,
        on_end: Callable[["LlamaSession"], None],
    ) -> None:
        self.call_id, self.call_uuid, self.slot = hello.call_id, hello.call_uuid, slot
        self.is_restored = False
        self.turn = 0
        self.committed = 0
        self._runtime = runtime
        self._settings = config.llama
        self._barge_in = config.barge_in
        self._logs_text = config.log.heard_text
        self._host = host
        self._journal = CallJournal(journal, self.call_uuid, "llama", runtime.clock)
        self._on_end = on_end
        self._answerer = Answerer(host, config, slot, self.call_id)
        self._tasks = Tasks(runtime.log)
        self._dialogue = Dialogue(config.barge_in.enabled)
        self._answering: asyncio.Task[None] | None = None
        self._turns: asyncio.Queue[Turn | TypedText] = asyncio.Queue()
        self._waits_for_turn = False
        self._heard_turn = 0
        self._newest_played: Position = {}
        self._nod = (-1, -1)
        self._whisper: Link | None = None
        self._giving_up: TimerHandle | None = None
        call = (self.call_id, self.call_uuid)
        self._voices = Voices(runtime, config, call, self._voices_changed, self._played, self._answerer.rendered)
        self._draft = Draft(self._answerer, self._voices.prepare)

    def start(self) -> None:
        """Take up what the journal has of the call, dial the TTS, greet, and answer turns."""
        self._voices.start()
        self._tasks.start(self._converse(), "converse")

    def end(self, reason: str) -> None:
        """The call is over: BYE to the TTS, generation stopped."""
        self._let_go()
        self._voices.close(reason)
        self._on_end(self)

    def abandon(self) -> None:
        """This process stops, the call goes on: no BYE."""
        self._let_go()
        self._voices.abandon()

    def _let_go(self) -> None:
        self._answerer.stop()
        self._tasks.cancel()
        if self._giving_up is not None:
            self._giving_up.cancel()

    def _voices_changed(self) -> None:
        if not self._voices.state.ready:
            self._answerer.rendered(None)
        self.tell_state()

    def tell_state(self) -> None:
        """Pass the state of everything behind whisper up to it."""
        waiting_for = self._host.waiting_for or self._voices.state.waiting_for
        if self._whisper is not None:
            self._whisper.send(PipelineState(not waiting_for, waiting_for))

    def whisper_opened(self, link: Link) -> None:
        """Connection 3 is open."""
        self._whisper = link
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
        self._voices.nudge()
        self.tell_state()

    def whisper_lost(self, reason: str) -> None:
        """Connection 3 is gone; the session waits for a new whisper."""
        self._runtime.log.warning("whisper lost: %s", reason, extra={"call_id": self.call_id})
        self._whisper = None
        deadline = self._runtime.clock.now() + self._settings.linger_s
        self._giving_up = self._runtime.clock.call_at(deadline, lambda: self.end("whisper did not come back"))

    def from_whisper(self, message: Message) -> None:
        """A turn, or what may become one, or a digit."""
        if isinstance(message, TypedText) or (isinstance(message, Turn) and message.final):
            self._turns.put_nowait(message)
        elif isinstance(message, Turn):
            self._prepare(message)
        elif isinstance(message, line_messages.Digit):
            self._journal.digit_pressed(message.digit, message.duration_ms, message.sample)

    def _played(self, played: Position) -> None:
        self._newest_played = played
        self._dialogue.heard(played)
        if self._waits_for_turn and self._heard_turn < self.turn and self._dialogue.is_heard(self.turn):
            self._heard_turn = self.turn
            self._answerer.foresee(self._dialogue.prompt(SOME_WORDS))
        turn, clause = played.get("turn", 0), played.get("clause", 0)
        self._journal.clause_heard(turn, clause, played["sample"], played.get("of"))

    async def _converse(self) -> None:
        turns = await self._restore()
        newest = turns[-1] if turns else None
        is_unfinished = newest is not None and newest.clause_count is None
        if self._settings.greeting and (newest is None or (is_unfinished and newest.turn == 0)):
            await self._greet(len(newest.clauses) if newest else 0)
        try:
            await self._answerer.begin()
        except EngineError as error:
            self._runtime.log.error("the language model failed: %s", error, extra={"call_id": self.call_id})
        if newest is not None and newest.turn and is_unfinished:
            said = [clause.text or "" for clause in newest.clauses]
            is_last = self._is_farewell(newest.caller_text or "", newest.language or "")
            self._begin_answer(newest.turn, said, is_last)
        while True:
            self._waits_for_turn = True
            taken = await self._turns.get()
            self._waits_for_turn = False
            await self._take(turn_of(taken), is_typed=isinstance(taken, TypedText))

    async def _restore(self) -> tuple[TurnRecord, ...]:
        """What the journal has of the call: the history, and the clauses for whoever lacks them."""
        self.committed = await self._journal.committed_through()
        turns = await self._journal.turns()
        self.turn = max((turn.turn for turn in turns), default=0)
        self.is_restored = True
        self._dialogue.restore(turns)
        # A voice may have told it before the journal had answered.
        self._dialogue.heard(self._newest_played)
        if self._barge_in.enabled and self.turn:
            self._voices.cancel(self.turn - 1)
        for turn in turns:
            if self._barge_in.enabled and turn.turn < self.turn:
                continue
            for clause in turn.clauses:
                self._send_clause(turn.turn, clause.clause, clause.text or "")
            if turn.clause_count is not None:
                self._send_end(turn.turn, turn.clause_count, turn.ends_call)
        return turns

    async def _greet(self, said: int) -> None:
        """Say the greeting from this clause on."""
        clauses = greeting_clauses(self._settings)
        for number in range(said, len(clauses)):
            await self._say(0, number, clauses[number])
        await self._finish(0, len(clauses))

    async def _take(self, turn: Turn, *, is_typed: bool) -> None:
        """Journal a turn and commit it, then answer it; the answers to those before are over.

        `is_typed`: nobody types "mhm" in order to listen on.
        """
        if turn.start >= turn.end:
            text = "dropped a turn of samples %d to %d: it ends before it begins"
            self._runtime.log.warning(text, turn.start, turn.end, extra={"call_id": self.call_id})
            return
        if turn.end <= self.committed:
            self._tell_committed()
            return
        number, text = self.turn + 1, turn.text.strip()
        if not self._barge_in.enabled and self._answering is not None:
            await asyncio.wait({self._answering})
        goes_on = not is_typed and self._goes_on(turn)
        is_new = bool(text) and not goes_on and await self._journal.turn_heard(number, turn, text)
        if is_new and self._barge_in.enabled:
            await self._interrupt()
        elif text and goes_on:
            self._journal.event("backchannel", {"start": turn.start, "end": turn.end})
        self.committed, self.turn = turn.end, number if is_new else self.turn
        self._tell_committed()
        if is_new:
            if not is_typed:
                self._journal.timing(number, "transcription", turn.transcribed_ms)
            self._dialogue.asked(number, text)
            self._voices.begin_answer()
            is_last = self._is_farewell(text, turn.language)
            self._begin_answer(number, [], is_last, self._draft.take(self._dialogue.prompt()))

    def _goes_on(self, turn: Turn) -> bool:
        """What the caller says only tells the agent, who has more to say, to go on."""
        language = turn.language or self._settings.language
        is_listening = self._barge_in.enabled and is_backchannel(turn.text, language, self._barge_in.backchannels)
        utterance = (turn.start, turn.revision)
        is_in_answer = not self._dialogue.is_heard(self.turn, self._barge_in.ending_s)
        if not is_listening or not (is_in_answer or utterance == self._nod):
            return False
        # It stays one though the answer may be over when its silence is.
        self._nod = utterance
        return True

    async def _interrupt(self) -> None:
        """The answer to the newest turn is over, wherever it is."""
        if self._answering is not None and not self._answering.done():
            self._answering.cancel()
            await asyncio.wait({self._answering})
        over, clauses = self.turn, self._dialogue.unfinished(self.turn)
        if not self._dialogue.is_heard(over):
            self._voices.cancel(over)
            self._runtime.log.info("the answer to turn %d is interrupted", over, extra={"call_id": self.call_id})
            self._journal.event("interrupted", {"turn": over})
        if clauses is not None:
            self._journal.interrupted(over, clauses)

    def _prepare(self, turn: Turn) -> None:
        """The caller has paused: begin to answer what was said so far, as soon as there is nothing else to do."""
        text = turn.text.strip()
        self._draft.take()
        # An answer that nothing interrupts is written to its end first: what follows has to know it.
        is_free = self._waits_for_turn and (self._barge_in.enabled or self._dialogue.unfinished(self.turn) is None)
        if text and is_free and turn.end > self.committed and not self._goes_on(turn):
            self._draft.begin(self._dialogue.prompt(text))

    def _tell_committed(self) -> None:
        if self._whisper is not None:
            self._whisper.send(messages.Committed(self.committed, self.turn))

    def _is_farewell(self, text: str, language: str) -> bool:
        """The caller says goodbye, so that the answer ends the call."""
        return self._settings.ends_on_goodbye and is_farewell(text, language or self._settings.language)

    def _begin_answer(self, turn: int, said: list[str], is_last: bool, draft: Answer | None = None) -> None:
        """Answer the newest turn.

        Args:
            turn: its number.
            said: the clauses that exist already; the answer goes on after them.
            is_last: it ends the call, whether the model says so or not.
            draft: what was prepared.
        """
        answer = draft or self._answerer.start(self._dialogue.prompt(), tuple(said))
        self._answering = self._tasks.start(self._answer(turn, said, is_last, answer), "answer")

    async def _answer(self, turn: int, said: list[str], is_last: bool, answer: Answer) -> None:
        try:
            async for clause in answer.clauses():
                await self._say(turn, len(said), clause)
                said.append(clause)
        except EngineError as error:
            self._runtime.log.error("the language model failed: %s", error, extra={"call_id": self.call_id})
        ends_call = is_last or answer.ends_call
        if not said:
            said.append((ends_call and self._settings.farewell) or self._settings.apology)
            await self._say(turn, 0, said[0])
        await self._finish(turn, len(said), ends_call)
        first_ms = answer.first_clause_s * 1000
        self._journal.timing(turn, "first_clause", first_ms)
        self._runtime.metrics.turn_part("first_clause", answer.first_clause_s)
        shown = repr(" ".join(said)) if self._logs_text else f"{len(said)} clauses"
        why = "the caller said goodbye" if is_last else "the model ends the call" if ends_call else ""
        text = "answered turn %d with %s, first clause after %.0f ms" + (f": the call is to end, {why}" if why else "")
        self._runtime.log.info(text, turn, shown, first_ms, extra={"call_id": self.call_id})

    async def _say(self, turn: int, clause: int, text: str) -> None:
        """Journal a clause, then send it."""
        self._dialogue.said(turn, text)
        await self._journal.clause_written(turn, clause, text)
        self._send_clause(turn, clause, text)

    async def _finish(self, turn: int, clauses: int, ends_call: bool = False) -> None:
        """Journal the end of an answer, then send it."""
        self._dialogue.finished(turn)
        await self._journal.answer_finished(turn, clauses, ends_call=ends_call)
        self._send_end(turn, clauses, ends_call)

    def _send_end(self, turn: int, clauses: int, ends_call: bool) -> None:
        self._voices.say((turn, clauses), messages.AnswerEnded(turn, clauses, ends_call))

    def _send_clause(self, turn: int, clause: int, text: str) -> None:
        self._voices.say((turn, clause), messages.Clause(turn, clause, text, self._settings.language))
