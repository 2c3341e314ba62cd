/** A reply while it comes: its chunks are folded into the message that is shown and kept. */
import { endStream, streamAgain, streamChat } from "./server.js";

export class Reply {
    #controller = new AbortController();
    #thinkingStart = null;
    #hasEnded = false;
    #name;
    /** Whether some of it is read again, faster than the model thought. */
    #isRead = false;
    #replacesText = false;

    /** What the server does while no text comes, in words; and how far it has read the prompt, 0 to 1, or null. */
    status = "Waiting for the server";
    progress = null;
    /** Tokens that came so far. */
    tokenCount = 0;
    /** Whether the connection broke and is being made again. */
    isBroken = false;

    /** `name` is the server's for it; `message` is filled in; `onchange` is called after each piece of news. */
    constructor(name, message, onchange) {
        this.#name = name;
        this.message = message;
        this.onchange = onchange;
    }

    get isRunning() {
        return !this.#hasEnded;
    }

    /** Whether reasoning comes at the moment. */
    get isThinking() {
        return this.isRunning && this.#thinkingStart !== null;
    }

    /** How long the thinking took, or has taken so far, in seconds. */
    get thinkingSeconds() {
        if (this.#thinkingStart !== null && !this.#isRead) return (performance.now() - this.#thinkingStart) / 1000;
        return this.message.statistics?.thinkingSeconds ?? 0;
    }

    stop() {
        this.#controller.abort();
        endStream(this.#name);
    }

    /** Resolves when the reply is complete, was stopped, or failed: then the message has a `problem`. */
    async ask(body) {
        await this.#follow(streamChat(body, this.#name, this.#link));
    }

    /** The same for a reply that comes already. */
    async takeUp() {
        const { lastEvent } = this.message;
        this.#isRead = true;
        this.#replacesText = !lastEvent;
        await this.#follow(streamAgain(this.#name, lastEvent, this.#link));
    }

    get #link() {
        const onbreak = (isBroken) => {
            this.isBroken = isBroken;
            this.onchange();
        };
        return { signal: this.#controller.signal, onbreak };
    }

    async #follow(events) {
        const { message } = this;
        message.isComing = true;
        message.statistics ??= {};
        try {
            for await (const { chunk, id, status } of events) {
                if (status !== undefined) this.status = inWords(status);
                else this.#take(chunk);
                if (id) message.lastEvent = id;
                this.onchange();
            }
        } catch (error) {
            if (error.name === "AbortError") message.finish = "stopped";
            else message.problem = { text: error.message, wantsKey: Boolean(error.wantsKey) };
        }
        this.#endThinking();
        for (const name of ["isComing", "lastEvent"]) delete message[name];
        this.isBroken = false;
        this.#hasEnded = true;
        this.onchange();
    }

    #take(chunk) {
        const { message } = this;
        if (this.#replacesText) {
            message.content = "";
            for (const name of ["reasoning", "toolCalls"]) delete message[name];
            this.#replacesText = false;
        }
        if (chunk.model) message.model = chunk.model;
        if (chunk.prompt_progress) this.#takeProgress(chunk.prompt_progress);
        if (chunk.warnings) message.warnings = chunk.warnings.map((warning) => `${warning.param}: ${warning.message}`);
        const choice = chunk.choices?.[0];
        if (choice) this.#takeChoice(choice);
        if (chunk.usage) this.#takeUsage(chunk.usage);
        if (chunk.timings) this.#takeTimings(chunk.timings);
    }

    #takeProgress({ total, processed }) {
        this.progress = total > 0 ? processed / total : null;
        this.status = "Reading the prompt";
    }

    #takeChoice({ delta = {}, finish_reason: finish, finish_details: details = {} }) {
        const { message } = this;
        const reasoning = delta.reasoning_content ?? delta.reasoning;
        if (reasoning) {
            this.#thinkingStart ??= performance.now();
            message.reasoning = (message.reasoning ?? "") + reasoning;
        }
        if (delta.content || delta.tool_calls) this.#endThinking();
        if (delta.content) message.content += delta.content;
        for (const call of delta.tool_calls ?? []) this.#takeCall(call);
        if (reasoning || delta.content || delta.tool_calls) this.progress = null;
        if (finish) message.finish = finish;
        if (details.reasoning_end) message.reasoningEnd = details.reasoning_end;
    }

    #takeCall({ index, id, function: { name, arguments: text = "" } = {} }) {
        const calls = (this.message.toolCalls ??= []);
        calls[index] ??= { id: id ?? `call-${index}`, name: "", arguments: "" };
        if (name) calls[index].name = name;
        calls[index].arguments += text;
    }

    #takeUsage(usage) {
        this.tokenCount = usage.completion_tokens ?? this.tokenCount;
        Object.assign(this.message.statistics, definedNumbers({
            promptTokens: usage.prompt_tokens, replyTokens: usage.completion_tokens,
            cachedTokens: usage.prompt_tokens_details?.cached_tokens,
            reasoningTokens: usage.completion_tokens_details?.reasoning_tokens,
            reasoningBudget: usage.completion_tokens_details?.reasoning_budget,
        }));
    }

    #takeTimings(timings) {
        Object.assign(this.message.statistics, definedNumbers({
            tokensPerSecond: timings.predicted_per_second, promptTokensPerSecond: timings.prompt_per_second,
            seconds: (timings.prompt_ms + timings.predicted_ms + (timings.queue_ms ?? 0)) / 1000,
        }));
    }

    #endThinking() {
        if (this.#thinkingStart === null) return;
        if (!this.#isRead) this.message.statistics.thinkingSeconds = this.thinkingSeconds;
        this.#thinkingStart = null;
    }
}

function definedNumbers(object) {
    return Object.fromEntries(Object.entries(object).filter(([, value]) => Number.isFinite(value)));
}

/** The server's comments, as sentences begin. */
function inWords(status) {
    if (status === "keep-alive") return "Waiting for the model";
    return status.charAt(0).toUpperCase() + status.slice(1);
}
