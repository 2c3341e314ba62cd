/** One message of the conversation: what was said, by whom, and what can be done with it. */
import { CallsView, renderResult } from "./calls-view.js";
import { siblings } from "./conversation.js";
import { copyText, h, icon, iconButton, setAttribute, textButton } from "./dom.js";
import { bytes, count, duration, number, percent } from "./format.js";
import { ReasoningView } from "./reasoning-view.js";
import { renderMarkdown } from "./rendering.js";
import { session } from "./session.js";

export function makeMessageView(node, context) {
    if (node.message.role === "user") return new UserView(node);
    if (node.message.role === "tool") return new ResultView(node, context);
    return new AssistantView(node);
}

class UserView {
    #node;
    #text;
    #foot;

    constructor(node) {
        this.#node = node;
        const { content, attachments = [] } = node.message;
        this.#text = h("div", { class: "user-text" }, content);
        this.#foot = h("footer", { class: "message-foot" });
        this.element = h("article", { class: "message is-user", "aria-label": "You" },
            attachments.length > 0 && h("ul", { class: "chips", "aria-label": "Attached files" }, attachments.map(renderAttachment)),
            this.#text, this.#foot);
    }

    update() {
        const copy = iconButton("copy", "Copy message", () => copyText(this.#node.message.content, copy));
        this.#foot.replaceChildren(branchSwitch(this.#node),
            iconButton("edit", "Edit and send again", () => this.edit()), copy);
    }

    /** Puts a field in the text's place. What was said before stays, as a branch. */
    edit() {
        const field = h("textarea", { class: "edit-field", "aria-label": "Edited message", rows: "3" });
        field.value = this.#node.message.content;
        const end = () => {
            editor.replaceWith(this.#text);
            this.#foot.hidden = false;
            this.#foot.querySelector("button[aria-label^=Edit]")?.focus();
        };
        const send = () => {
            if (field.value.trim()) session.edit(this.#node.id, field.value);
        };
        field.addEventListener("keydown", (event) => {
            if (event.key === "Escape") {
                event.preventDefault();
                end();
            } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
                event.preventDefault();
                send();
            }
        });
        const editor = h("div", { class: "editor" }, field,
            h("div", { class: "editor-actions" }, textButton("Cancel", end), textButton("Send", send, { class: "button is-primary" })));
        this.#text.replaceWith(editor);
        this.#foot.hidden = true;
        field.focus();
        field.setSelectionRange(field.value.length, field.value.length);
    }
}

function renderAttachment({ name, text }) {
    return h("li", { class: "chip" }, icon("attach"), h("span", {}, name), h("span", { class: "chip-size" }, bytes(text.length)));
}

class ResultView {
    constructor(node, { callNames }) {
        this.element = h("article", { class: "message is-tool", "aria-label": "Tool" },
            renderResult(node.message, callNames.get(node.message.toolCallID)));
    }

    update() {}
}

class AssistantView {
    #node;
    #reasoning = new ReasoningView();
    #calls = new CallsView();
    #content = h("div", { class: "markdown" });
    #wait = new WaitView();
    #problem = h("div", { class: "problem", role: "group", "aria-label": "Problem", hidden: true });
    #foot = h("footer", { class: "message-foot" });

    constructor(node) {
        this.#node = node;
        this.element = h("article", { class: "message is-assistant", "aria-label": "Model" },
            this.#reasoning.element, this.#content, this.#calls.element, this.#wait.element, this.#problem, this.#foot);
    }

    /** `isLast` says whether nothing was said behind it. */
    update(isLast) {
        const { message } = this.#node;
        const reply = session.replies.get(this.#node.id);
        const isRunning = Boolean(reply?.isRunning);
        setAttribute(this.element, "aria-busy", isRunning && "true");
        this.element.classList.toggle("is-running", isRunning);
        this.#reasoning.update(message, isRunning ? reply : null);
        renderMarkdown(this.#content, message.content);
        this.#calls.update(message, isLast && !isRunning && message.finish === "tool_calls",
            (results) => session.answerCalls(this.#node.id, results));
        const waits = isRunning && (reply.isBroken || (!message.content && !message.toolCalls && !message.reasoning));
        this.#wait.update(waits ? reply : null);
        this.#showProblem(message);
        const isEmpty = message.problem && !message.content && !message.reasoning;
        if (isRunning || isEmpty) this.#foot.replaceChildren();
        else this.#showFoot(message);
    }

    #showProblem({ problem }) {
        this.#problem.hidden = !problem;
        if (!problem) return;
        this.#problem.replaceChildren(icon("warning"), h("p", {}, problem.text),
            textButton("Try again", () => session.regenerate(this.#node.id), { iconName: "branch" }));
    }

    #showFoot(message) {
        const copy = iconButton("copy", "Copy reply", () => copyText(message.content, copy));
        this.#foot.replaceChildren(branchSwitch(this.#node), ...(message.content ? [copy] : []),
            iconButton("branch", "Another reply", () => session.regenerate(this.#node.id)), statistics(message));
    }
}

/** What stands in place of a reply of which nothing has come yet, and below one whose connection broke. */
class WaitView {
    #label = h("span", {});
    #bar = h("progress", { max: "1", "aria-label": "Prompt read" });
    element = h("div", { class: "wait", hidden: true }, h("span", { class: "wait-dot", "aria-hidden": "true" }), this.#label, this.#bar);

    update(reply) {
        this.element.hidden = !reply;
        if (!reply) return;
        const status = reply.isBroken ? "The connection broke, trying again" : reply.status;
        const progress = reply.isBroken ? null : reply.progress;
        this.#bar.hidden = progress === null;
        if (progress !== null) this.#bar.value = progress;
        this.#label.textContent = progress === null ? `${status}…` : `${status}, ${percent(progress)}`;
    }
}

/** `‹ 2 of 3 ›` where a message has others in its place. */
function branchSwitch(node) {
    const all = siblings(session.current, node);
    if (all.length < 2) return "";
    const place = all.findIndex(({ id }) => id === node.id);
    const step = (iconName, label, target) => iconButton(iconName, label, () => session.showBranch(target.id), {
        disabled: !target,
    });
    return h("div", { class: "branches", role: "group", "aria-label": "Branches" },
        step("previous", "Earlier branch", all[place - 1]), h("span", {}, `${place + 1} of ${all.length}`),
        step("next", "Later branch", all[place + 1]));
}

/** A decimal where it says something. */
function speed(value) {
    return number(value < 100 ? Math.round(value * 10) / 10 : Math.round(value));
}

const finishes = { length: "cut at the maximum of tokens", stopped: "stopped" };

function statistics({ statistics: numbers = {}, finish, model, warnings = [] }) {
    const { replyTokens, tokensPerSecond, seconds, promptTokens, cachedTokens } = numbers;
    const parts = [
        model, replyTokens && count(replyTokens, "token"), tokensPerSecond && `${speed(tokensPerSecond)} tokens/s`,
        seconds > 0 && duration(seconds), finishes[finish],
    ].filter(Boolean);
    const title = promptTokens && `Prompt: ${count(promptTokens, "token")}, ${number(cachedTokens ?? 0)} of them cached`;
    return [
        h("span", { class: "statistics", title }, parts.join(" · ")),
        warnings.length > 0 && h("span", { class: "statistics", title: warnings.join("\n") }, `${count(warnings.length, "warning")}`),
    ].filter(Boolean).reduce((fragment, part) => (fragment.append(part), fragment), document.createDocumentFragment());
}
