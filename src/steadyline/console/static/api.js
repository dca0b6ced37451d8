// Talking to the console. Every failure becomes an Error whose message is for people; what was refused has `status` and `content`.

async function answerOf(response) {
  if (response.status === 401) {
    location.assign("/login");
    throw new Error("The session has ended.");
  }
  const content = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error(content.error || `The console answered with status ${response.status}.`);
    throw Object.assign(error, { status: response.status, content });
  }
  return content;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The console does not answer. Is “steadyline up” still running?");
  }
  return answerOf(response);
}

export const get = (path) => ask(path);

export const post = (path, content = {}) =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(content) });

const AGAIN_MS = 1500;

// A stream of JSON objects, held while the page is seen and taken up again whenever it is lost.
export function stream(path, onData, onLost) {
  let source = null;

  async function lost() {
    onLost("The console does not answer. It is asked again until it does.");
    if (!source || source.readyState !== EventSource.CLOSED) return;
    source = null;
    const asking = new AbortController();
    try {
      const response = await fetch(path, { signal: asking.signal });
      if (!response.ok) await answerOf(response);
    } catch (error) {
      onLost(error.message);
    } finally {
      asking.abort();
    }
    setTimeout(follow, AGAIN_MS);
  }

  function follow() {
    if (document.hidden || source) return;
    source = new EventSource(path);
    source.onmessage = (event) => onData(JSON.parse(event.data));
    source.onerror = lost;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden && source) {
      source.close();
      source = null;
    }
    follow();
  });
  follow();
}

// Calls `work` now and every `everyMs`, while the page is seen.
export function repeat(work, everyMs) {
  const once = () => document.hidden || work();
  document.addEventListener("visibilitychange", once);
  setInterval(once, everyMs);
  return work();
}
