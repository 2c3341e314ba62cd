/** What the model thought before its answer: a panel that is open while it thinks, and folds when the answer begins. */
import { h, icon, setAttribute } from "./dom.js";
import { count, duration } from "./format.js";
import { preferences } from "./preferences.js";

const ends = {
    budget: "budget reached", answer_reserve: "room for the answer kept", eos_guard: "ended by the server", time: "time was up",
    loop: "went round in a loop", client: "ended early",
};

export class ReasoningView {
    #text = h("div", { class: "reasoning-text", tabindex: "0", role: "group", "aria-label": "Reasoning" });
    #label = h("span", { class: "reasoning-label" });
    #detail = h("span", { class: "reasoning-detail" });
    #wasThinking = false;
    /** The reader folded or unfolded it: from then on it stays as it is. */
    #isChosen = false;

    constructor() {
        const summary = h("summary", { onclick: () => (this.#isChosen = true) },
            icon("think"), this.#label, this.#detail, icon("chevron"));
        this.element = h("details", { class: "reasoning", hidden: true }, summary, this.#text);
    }

    /** `reply` is null for a message that is complete. */
    update({ reasoning, statistics = {}, reasoningEnd }, reply) {
        setAttribute(this.element, "hidden", !reasoning);
        if (!reasoning) return;
        const isThinking = Boolean(reply?.isThinking);
        this.#label.textContent = isThinking ? "Thinking" : "Thought";
        const seconds = reply ? reply.thinkingSeconds : statistics.thinkingSeconds ?? 0;
        const tokens = isThinking ? reply.tokenCount : statistics.reasoningTokens;
        this.#detail.textContent = [
            seconds > 0 && `for ${duration(seconds)}`, tokens > 0 && count(tokens, "token"), !isThinking && ends[reasoningEnd],
        ].filter(Boolean).join(" · ");
        this.element.classList.toggle("is-thinking", isThinking);
        if (this.#text.textContent !== reasoning) this.#showText(reasoning);
        if (isThinking !== this.#wasThinking) {
            if (!this.#isChosen) this.element.open = isThinking && preferences.opensReasoning;
            this.#wasThinking = isThinking;
        }
    }

    /** Keeps the last lines in sight while they come, unless the reader scrolled up. */
    #showText(reasoning) {
        const box = this.#text;
        const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
        box.textContent = reasoning;
        if (isAtEnd && this.#wasThinking) box.scrollTop = box.scrollHeight;
    }
}
