/** The conversation as it is shown, from its first message to the one that comes. */
import { shownPath } from "./conversation.js";
import { announce, byId, h, iconButton, paced } from "./dom.js";
import { count } from "./format.js";
import { makeMessageView } from "./message-view.js";
import { session } from "./session.js";

const examples = [
    "How many r's are in strawberries?", "Which is larger, 417 or 471?", "What is 123 + 456 + 789?", "Sort these: pear, fig, apple, date",
];
const longestAnnouncement = 500;
/** How near to the end of the page counts as being there. */
const nearness = 80;

export class Transcript {
    #box = byId("transcript");
    #list = h("div", { class: "messages" });
    #jump = iconButton("down", "Jump to the newest message", () => this.scrollToEnd(), { class: "icon-button jump", hidden: true });
    /** By the id of their message, in the order of the path. */
    #views = new Map();
    #followsEnd = true;
    #draw = paced(() => this.#drawRunning());

    constructor() {
        this.#box.append(this.#list);
        byId("composer-area").before(this.#jump);
        this.#box.addEventListener("scroll", () => this.#noteScroll());
        new ResizeObserver(() => this.#keepEnd()).observe(this.#list);
        session.addEventListener("conversation", () => this.#show());
        session.addEventListener("reply", ({ detail }) => this.#showReply(detail));
    }

    scrollToEnd() {
        this.#followsEnd = true;
        this.#keepEnd();
        this.#jump.hidden = true;
    }

    /** Edits what the reader said last. */
    editLast() {
        const last = shownPath(session.current).findLast(({ message }) => message.role === "user");
        this.#views.get(last?.id)?.edit();
    }

    regenerateLast() {
        const last = shownPath(session.current).at(-1);
        if (last?.message.role === "assistant") session.regenerate(last.id);
    }

    /** Views of messages that stay on the path are kept. */
    #show() {
        const path = shownPath(session.current);
        const callNames = new Map(path.flatMap(({ message }) => (message.toolCalls ?? []).map(({ id, name }) => [id, name])));
        const earlier = this.#views;
        this.#views = new Map(path.map((node) => [node.id, earlier.get(node.id) ?? makeMessageView(node, { callNames })]));
        path.forEach(({ id }, index) => this.#views.get(id).update(index === path.length - 1));
        const elements = [...this.#views.values()].map(({ element }) => element);
        for (const child of [...this.#list.childNodes]) if (!elements.includes(child)) child.remove();
        elements.forEach((element, index) => {
            if (this.#list.childNodes[index] !== element) this.#list.insertBefore(element, this.#list.childNodes[index] ?? null);
        });
        if (path.length === 0) this.#list.replaceChildren(renderWelcome());
        this.scrollToEnd();
    }

    #showReply({ node, reply }) {
        if (!session.current.nodes[node.id]) return;
        if (!reply.isRunning) {
            this.#show();
            announce(ending(node.message));
            return;
        }
        this.#draw();
    }

    /** What nobody sees is drawn when it is complete, or looked at again. */
    #drawRunning() {
        if (this.#box.checkVisibility()) this.#views.get(session.current.leaf)?.update(true);
    }

    #noteScroll() {
        this.#followsEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < nearness;
        this.#jump.hidden = this.#followsEnd;
    }

    #keepEnd() {
        if (this.#followsEnd) this.#box.scrollTop = this.#box.scrollHeight;
    }
}

/** What screen readers say when a reply has ended: the answer, unless it is long. */
function ending({ content, problem, finish, toolCalls = [], statistics = {} }) {
    if (problem) return problem.text;
    if (finish === "stopped") return "Stopped.";
    if (toolCalls.length > 0) return `The model calls ${toolCalls.map(({ name }) => name).join(" and ")}.`;
    if (content.length <= longestAnnouncement) return content;
    return `The reply is complete, ${count(statistics.replyTokens ?? 0, "token")}.`;
}

function renderWelcome() {
    return h("div", { class: "welcome" },
        h("h2", {}, "What shall we ponder?"),
        h("p", {}, "The model thinks first, then answers. Its reasoning stands apart, and a budget bounds it."),
        h("ul", { class: "examples", "aria-label": "Examples" }, examples.map((text) =>
            h("li", {}, h("button", { type: "button", onclick: () => session.send(text) }, text)))));
}
