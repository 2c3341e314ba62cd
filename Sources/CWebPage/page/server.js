/** Talks to the server that the page came from, by paths relative to the page, so that it may lie behind a prefix. */
import { Problem } from "./problems.js";
import { unbrokenEvents } from "./unbroken-stream.js";

const keyName = "ponder.key";

/** The API key: in this tab alone, or until it is forgotten where the reader asked for that. */
export const key = {
    get value() {
        return read(sessionStorage) ?? read(localStorage) ?? "";
    },
    get isRemembered() {
        return Boolean(read(localStorage));
    },
    set(value, isRemembered) {
        for (const storage of [sessionStorage, localStorage]) storage.removeItem(keyName);
        if (value) (isRemembered ? localStorage : sessionStorage).setItem(keyName, value);
    },
};

function read(storage) {
    return storage.getItem(keyName);
}

/** A response whose status is a success. Throws `Problem`, or an `AbortError` where the signal says so. */
export async function request(path, { method, body, signal, accept, headers = {}, keepalive = false } = {}) {
    if (key.value) headers.authorization = `Bearer ${key.value}`;
    if (accept) headers.accept = accept;
    if (body !== undefined) headers["content-type"] = "application/json";
    let response;
    try {
        response = await fetch(path, {
            method: method ?? (body === undefined ? "GET" : "POST"), headers, signal, keepalive, cache: "no-store",
            credentials: "same-origin",
            body: body === undefined ? undefined : JSON.stringify(body),
        });
    } catch (error) {
        throw error.name === "AbortError" ? error : Problem.unreachable();
    }
    if (!response.ok) throw await Problem.from(response);
    return response;
}

/** The models of the server, in memory or not, that can chat. One whose files tell nothing of that is among them. */
export async function listModels() {
    const { data } = await (await request("v1/models")).json();
    return data.filter((model) => model.modes?.chat !== false);
}

/** What a model does where a request says nothing: `{ thinking, direct }`, each with the names of `/props`. */
export async function samplingDefaults(model) {
    const properties = await (await request(`props?model=${encodeURIComponent(model)}`)).json();
    const settings = properties.default_generation_settings ?? {};
    return { thinking: settings.params ?? {}, direct: settings.params_without_thinking ?? settings.params ?? {} };
}

/** The server's release. */
export async function serverVersion() {
    return (await (await request("version")).json()).version;
}

export async function metricsText(signal) {
    return (await request("metrics", { signal, accept: "text/plain" })).text();
}

export async function expertUse(signal) {
    return (await (await request("experts", { signal })).json()).data;
}

/** Has a model loaded or unloaded; resolves when that is done. */
export async function controlModel(action, model) {
    await request(`models/${action}`, { body: { model } });
}

/**
 * A streamed chat completion: yields `{ chunk, id }` for each piece and `{ status }` for what the server says meanwhile. The server
 * keeps it under a name, so that a connection that breaks is taken up where it broke: `onbreak` hears `true` of that, and `false`
 * when it goes on. Throws `Problem` where the reply ends before its end.
 */
export async function* streamChat(body, name, { signal, onbreak }) {
    const headers = { "x-conversation-id": name };
    const response = await request("v1/chat/completions", { body: { ...body, stream: true }, headers, signal });
    yield* eventsOfReply(response.body, name, { signal, onbreak });
}

/** A reply that was asked for before, by this page or by another one, behind the piece of an id; all of it without. */
export async function* streamAgain(name, id, { signal, onbreak }) {
    yield* eventsOfReply(await openAgain(name, id, signal), name, { signal, onbreak });
}

/** Of replies, by their names, those that the server still has. */
export async function keptStreams(names) {
    const streams = await (await request("v1/streams/lookup", { body: { conversation_ids: names } })).json();
    return new Set(streams.map((stream) => stream.conversation_id));
}

/** Ends a reply, which would go on for a while without its reader. */
export async function endStream(name) {
    try {
        await request(streamPath(name), { method: "DELETE", keepalive: true });
    } catch {
        // It ends by itself then.
    }
}

function streamPath(name) {
    return `v1/stream?conv_id=${encodeURIComponent(name)}`;
}

/** An event's id is the reply's, a colon and a number. */
async function openAgain(name, id, signal) {
    const path = id ? `v1/stream/${encodeURIComponent(id.slice(0, id.lastIndexOf(":")))}` : streamPath(name);
    try {
        return (await request(path, { signal, headers: id ? { "last-event-id": id } : {} })).body;
    } catch (error) {
        throw [400, 404, 410].includes(error.status) ? brokenOff() : error;
    }
}

async function* eventsOfReply(first, name, { signal, onbreak }) {
    const open = (id) => openAgain(name, id, signal);
    // What stands in between may say that the server is away.
    const isPassing = ({ status }) => status === 0 || status >= 502;
    let isComplete = false;
    try {
        for await (const { data, id, comment } of unbrokenEvents(first, { open, isPassing, onbreak, signal })) {
            if (comment !== undefined) {
                yield { status: comment };
            } else if (data === "[DONE]") {
                isComplete = true;
            } else {
                const chunk = JSON.parse(data);
                if (chunk.error) throw Problem.fromEvent(chunk.error);
                yield { chunk, id };
            }
        }
    } catch (error) {
        if (error instanceof Problem || error.name === "AbortError") throw error;
        throw Problem.unreachable();
    }
    if (!isComplete) throw brokenOff();
}

function brokenOff() {
    return new Problem({ status: 500, message: "The reply broke off before its end." });
}
