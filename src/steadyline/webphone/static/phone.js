// The telephone's page: one WebRTC connection to the telephone's process on this machine, a data channel for what is shown.

const WANTED = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 } };
const STATES = {
  microphone: "Waiting for the microphone: allow it in the browser.",
  connecting: "Connecting …",
  ringing: "Ringing …",
  talking: "Talking.",
};
const TROUBLES = {
  NotAllowedError: "The microphone is not allowed. Allow it for this page (the icon beside the address), then call again.",
  NotFoundError: "There is no microphone. Connect one, then call again.",
  NotReadableError: "The microphone is used by another program. Close that program, then call again.",
};
const GATHERING_MS = 1000;
const METER_MS = 100;

const element = (id) => document.getElementById(id);
let call = null;

class Trouble extends Error {}

class Call {
  constructor() {
    this.over = false;
    this.id = null;
    this.microphone = null;
    this.meters = [];
    this.typed = new Map(); // lines that are not among the turns yet, by their number
    this.lines = 0;
    this.peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.channel = this.peer.createDataChannel("call");
    this.channel.onmessage = (event) => this.take(JSON.parse(event.data));
    this.channel.onclose = () => this.end("The connection to the telephone is gone. Call again.");
    this.peer.ontrack = (event) => this.play(event.streams[0] || new MediaStream([event.track]));
    this.peer.onconnectionstatechange = () => {
      if (this.peer.connectionState === "failed") {
        this.end("No sound gets from this browser to the telephone. It works on the same machine only; if it did before, the telephone was stopped: call again.");
      }
    };
  }

  async begin() {
    if (!navigator.mediaDevices) throw new Trouble("This browser gives no microphone here. Open the page as http://127.0.0.1 or http://localhost.");
    show("microphone");
    this.microphone = await navigator.mediaDevices.getUserMedia(WANTED);
    if (this.over) return this.release();
    show("connecting");
    this.context = new AudioContext();
    this.meter(this.microphone, element("own-level"));
    for (const track of this.microphone.getTracks()) this.peer.addTrack(track, this.microphone);
    await this.peer.setLocalDescription();
    await this.gathered();
    const answer = await this.ask(this.peer.localDescription);
    this.id = answer.call_id;
    if (this.over) return this.tellEnd();
    await this.peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  }

  // Our own addresses are not needed to be reached; without any the answer would come to nothing, so wait a moment.
  gathered() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHERING_MS);
      this.peer.onicegatheringstatechange = () => {
        if (this.peer.iceGatheringState === "complete") { clearTimeout(timer); resolve(); }
      };
    });
  }

  async ask(description) {
    let response;
    try {
      response = await post("offer", { type: description.type, sdp: description.sdp });
    } catch {
      throw new Trouble("The telephone's process does not answer. Start it with `steadyline up`, then call again.");
    }
    const content = await response.json().catch(() => ({}));
    if (!response.ok) throw new Trouble(content.error || `The telephone refused the call (status ${response.status}).`);
    return content;
  }

  take(message) {
    if (message.state === "ended") this.end(message.why);
    else if (message.state) { show(message.state); for (const key of keys()) key.disabled = message.state !== "talking"; }
    else if (message.max_chars) allowTyping(message.max_chars);
    else if (message.turn) this.takeTurn(message.turn);
    else if (message.line) this.takeReply(message);
  }

  // Enter was pressed; a line is among the words at once, and in its place when it is a turn.
  type(text) {
    const line = text.trim().replace(/\s+/g, " ");
    if (!line || this.channel.readyState !== "open") return false;
    this.lines += 1;
    this.typed.set(this.lines, line);
    this.channel.send(JSON.stringify({ typed: line, line: this.lines }));
    element("no-words").hidden = true;
    showLine(typedKey(this.lines), "You", [[line, "waiting"]]);
    return true;
  }

  takeReply({ line, taken, text }) {
    if (!this.typed.has(line)) return;
    if (taken) {
      this.typed.set(line, text);
      showLine(typedKey(line), "You", [[text, "waiting"]]);
      return;
    }
    const wanted = this.typed.get(line);
    this.typed.delete(line);
    lineOf(typedKey(line)).remove();
    element("not-typed").textContent = `Not sent: ${text}.`;
    if (!element("typed").value) element("typed").value = wanted;
  }

  takeTurn(turn) {
    const typed = [...this.typed].find(([, text]) => text === turn.caller);
    if (typed && !lineOf(`${turn.number}-caller`)) {
      this.typed.delete(typed[0]);
      lineOf(typedKey(typed[0])).dataset.key = `${turn.number}-caller`;
    }
    showTurn(turn);
  }

  play(stream) {
    element("line").srcObject = stream;
    this.meter(stream, element("line-level"));
  }

  meter(stream, shown) {
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 1024;
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.meters.push(setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      shown.value = Math.max(0, 1 + 10 * Math.log10(power + 1e-9) / 60);
    }, METER_MS));
  }

  press(digit) {
    if (this.channel.readyState === "open") this.channel.send(JSON.stringify({ digit }));
  }

  hangUp() {
    this.tellEnd();
    this.end("You hung up.");
  }

  tellEnd() {
    if (this.id) post("hang-up", { call_id: this.id }).catch(() => {});
  }

  end(why) {
    if (this.over) return;
    this.over = true;
    this.release();
    call = null;
    showEnd(why);
  }

  release() {
    this.meters.forEach(clearInterval);
    for (const track of this.microphone ? this.microphone.getTracks() : []) track.stop();
    if (this.context) this.context.close();
    this.peer.close();
    element("line").srcObject = null;
  }
}

// `keepalive` lets it reach the telephone even when the page is being closed.
function post(path, content) {
  return fetch(path, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
}

function show(state) {
  element("state").textContent = STATES[state] || state;
  document.body.dataset.state = state;
}

function showEnd(why) {
  element("state").textContent = `Ended: ${why}`;
  document.body.dataset.state = "ended";
  element("call").textContent = "Call";
  element("call").classList.remove("in-call");
  for (const key of keys()) key.disabled = true;
  for (const id of ["typed", "send"]) element(id).disabled = true;
  for (const id of ["own-level", "line-level"]) element(id).value = 0;
}

function showTrouble(error) {
  const known = error instanceof Trouble ? error.message : TROUBLES[error.name];
  element("trouble").textContent = known || `The call could not be made: ${error.message || error.name}.`;
  element("trouble").hidden = false;
}

// What is there already is changed in place: a screen reader says only what is new, and nothing jumps.
function showTurn(turn) {
  element("no-words").hidden = true;
  const parts = turn.clauses.map((clause) => [clause.text, played(clause.heard)]);
  if (turn.caller) showLine(`${turn.number}-caller`, "You", [[turn.caller, "heard"]]);
  if (parts.length) showLine(`${turn.number}-answer`, "Steadyline", parts);
}

function showLine(key, who, parts) {
  let line = lineOf(key);
  if (!line) {
    line = document.createElement("li");
    line.dataset.key = key;
    line.append(piece("who", who));
    element("words").append(line);
  }
  parts.forEach(([text, kind], index) => {
    const old = line.children[index + 1];
    // The blank is text: who copies a line, or hears it read, has it, too.
    if (!old) line.append(index ? " " : "", piece(kind, text));
    else if (old.className !== kind || old.textContent !== text) Object.assign(old, { className: kind, textContent: text });
  });
}

const lineOf = (key) => [...element("words").children].find((one) => one.dataset.key === key);

const typedKey = (line) => `typed-${line}`;

function allowTyping(maxChars) {
  element("typed").maxLength = maxChars;
  for (const id of ["typed", "send"]) element(id).disabled = false;
}

function piece(kind, text) {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

// How much of a clause was played; null: of a length that is not known yet.
function played(share) {
  if (share === 0) return "unheard";
  return share === 1 ? "heard" : "partly";
}

const keys = () => element("keypad").querySelectorAll("button");

for (const digit of "123456789*0#") {
  const key = document.createElement("button");
  key.type = "button";
  key.textContent = digit;
  key.disabled = true;
  key.addEventListener("click", () => call && call.press(digit));
  element("keypad").append(key);
}

element("call").addEventListener("click", async () => {
  if (call) return call.hangUp();
  element("trouble").hidden = true;
  element("words").replaceChildren();
  element("no-words").hidden = false;
  const begun = call = new Call();
  element("call").textContent = "Hang up";
  element("call").classList.add("in-call");
  try {
    await begun.begin();
  } catch (error) {
    if (begun.over) return;
    begun.tellEnd();
    begun.end("the call could not be made.");
    showTrouble(error);
  }
});

element("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  element("not-typed").textContent = "";
  if (call && call.type(element("typed").value)) element("typed").value = "";
});

window.addEventListener("pagehide", () => call && call.hangUp());
