/** Talks to the server that the page came from, by paths relative to the page, so that it may lie behind a prefix. */
import { readEvents } from "./events.js";
import { Problem } from "./problems.js";

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
export async function request(path, { body, signal, accept } = {}) {
    const headers = {};
    if (key.value) headers.authorization = `Bearer ${key.value}`;
    if (accept) headers.accept = accept;
    if (body !== undefined) headers["content-type"] = "application/json";
    let response;
    try {
        response = await fetch(path, {
            method: body === undefined ? "GET" : "POST", headers, signal, cache: "no-store", credentials: "same-origin",
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
 * A streamed chat completion: yields `{ chunk }` for each piece and `{ status }` for what the server says meanwhile.
 * Throws `Problem` where it ends before its end.
 */
export async function* streamChat(body, signal) {
    const response = await request("v1/chat/completions", { body: { ...body, stream: true }, signal });
    let isComplete = false;
    try {
        for await (const { data, comment } of readEvents(response.body)) {
            if (comment !== undefined) {
                yield { status: comment };
            } else if (data === "[DONE]") {
                isComplete = true;
            } else {
                const chunk = JSON.parse(data);
                if (chunk.error) throw Problem.fromEvent(chunk.error);
                yield { chunk };
            }
        }
    } catch (error) {
        if (error instanceof Problem || error.name === "AbortError") throw error;
        throw Problem.unreachable();
    }
    if (!isComplete) throw new Problem({ status: 500, message: "The reply broke off before its end." });
}
