/** A streamed reply whose connection may break: the server keeps its events for a while, and who comes back reads on. */
import { readEvents } from "./events.js";

/** For how long without news a stream is asked for again; the server keeps one that nobody reads for five minutes. */
const streamPatience = 90_000;
const firstStreamWait = 500;
const longestStreamWait = 5000;

/**
 * The events of a stream, each once, and its comments. `open(id)` asks for what comes behind the event of an id, or for all of it
 * where there is none yet; `isPassing` says of what it throws whether it may be tried again. `onbreak` hears `true` when a
 * connection broke, and `false` when another one stands.
 */
export async function* unbrokenEvents(body, { open, isPassing, onbreak, signal, wait = waitForNetwork }) {
    let last = null;
    let lastNews = performance.now();
    let isTakenUp = false;
    while (true) {
        let hasNews = false;
        try {
            for await (const event of readEvents(body)) {
                hasNews = true;
                lastNews = performance.now();
                last = event.id ?? last;
                yield event;
                if (event.data === "[DONE]") return;
            }
        } catch (error) {
            if (signal.aborted) throw error;
            hasNews = true;
        }
        // One that was taken up and ends in good order without a word is over, whatever it said.
        if (isTakenUp && !hasNews) return;
        onbreak(true);
        body = await takeUp();
        isTakenUp = true;
        onbreak(false);
    }

    async function takeUp() {
        for (let pause = firstStreamWait; ; pause = Math.min(2 * pause, longestStreamWait)) {
            await wait(pause, signal);
            try {
                return await open(last);
            } catch (error) {
                if (!isPassing(error) || performance.now() - lastNews > streamPatience) throw error;
            }
        }
    }
}

/** Rests, but no longer than until the network is back. */
function waitForNetwork(milliseconds, signal) {
    return new Promise((resolve, reject) => {
        const finish = (settle) => () => {
            clearTimeout(timer);
            removeEventListener("online", resume);
            signal.removeEventListener("abort", abort);
            settle();
        };
        const resume = finish(resolve);
        const abort = finish(() => reject(new DOMException("Stopped.", "AbortError")));
        const timer = setTimeout(resume, milliseconds);
        addEventListener("online", resume);
        signal.addEventListener("abort", abort);
    });
}
