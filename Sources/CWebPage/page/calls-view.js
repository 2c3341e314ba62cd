/** The tools that a reply calls, with a form for what they answer. */
import { h, icon, textButton } from "./dom.js";
import { highlight } from "./highlight.js";

export class CallsView {
    element = h("div", { class: "calls", hidden: true });
    #shown = "";

    /**
     * `wantsResults` says whether the calls wait for the reader's answer; `onanswer` gets a map of results by the calls' ids.
     */
    update({ toolCalls = [] }, wantsResults, onanswer) {
        const signature = JSON.stringify([toolCalls, wantsResults]);
        if (signature === this.#shown) return;
        this.#shown = signature;
        this.element.hidden = toolCalls.length === 0;
        const fields = new Map();
        const cards = toolCalls.filter(Boolean).map((call) => {
            const field = wantsResults && h("textarea", {
                rows: "2", class: "call-result", "aria-label": `Result of ${call.name}`, placeholder: "What the tool answers",
                spellcheck: "false",
            });
            if (field) fields.set(call.id, field);
            return h("div", { class: "call" },
                h("div", { class: "call-head" }, icon("tool"), h("span", { class: "visually-hidden" }, "Call of "),
                    h("code", {}, call.name)),
                h("pre", { class: "call-arguments", tabindex: "0", "aria-label": `Arguments of ${call.name}` },
                    h("code", {}, highlight(prettyJSON(call.arguments), "json"))),
                field);
        });
        const answer = () => onanswer(new Map([...fields].map(([id, field]) => [id, field.value])));
        const submit = wantsResults && toolCalls.length > 0
            && textButton(toolCalls.length > 1 ? "Send results" : "Send result", answer, { class: "button is-primary" });
        this.element.replaceChildren(...cards, ...(submit ? [submit] : []));
    }
}

/** The answer of a tool, as it stands in the conversation. */
export function renderResult(message, name) {
    return h("div", { class: "call is-result" },
        h("div", { class: "call-head" }, icon("check"), h("span", {}, "Result of "), h("code", {}, name ?? "a tool")),
        h("pre", { class: "call-arguments", tabindex: "0", "aria-label": "Result" },
            h("code", {}, highlight(prettyJSON(message.content), "json"))));
}

/** Arguments come as text, which is not complete JSON until its end. */
function prettyJSON(text) {
    try {
        const value = JSON.parse(text);
        const line = JSON.stringify(value);
        return line.length < 60 ? line.replaceAll(/([:,])(?=["\d[{tfn-])/g, "$1 ") : JSON.stringify(value, null, 2);
    } catch {
        return text;
    }
}
