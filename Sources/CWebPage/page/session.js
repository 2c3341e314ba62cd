/**
 * What the page knows and does: models, conversations, running replies. Views listen to its events and call its methods; they
 * change nothing by themselves.
 *
 * Events: `models`, `conversations` (the list), `conversation` (another one, or another path through it; with `detail.isNews`
 * where the reader did nothing), `reply` (news of the running one; `detail.node`), `notice` (words for the reader;
 * `detail.text`), `key` (the server asks for one).
 */
import { addMessage, importText, newConversation, pathTo, removeBranch, showBranch } from "./conversation.js";
import { defaultSettings, preferences, savePreferences } from "./preferences.js";
import { Reply } from "./reply.js";
import { requestBody } from "./request-body.js";
import { keptStreams, listModels, samplingDefaults } from "./server.js";
import { deleteConversation, openStore, readConversation, saveConversation, takeIn } from "./store.js";

/** How often a reply is kept while it comes, and how often one is looked for that comes in another tab, in milliseconds. */
const keepInterval = 3000;
const lookInterval = 2000;
/** Who waits longer for a reply of another tab does so no more. */
const lookPatience = 600_000;

class Session extends EventTarget {
    models = [];
    conversations = [];
    current = newConversation(defaultSettings(), "");
    /** By the id of their message. */
    replies = new Map();
    #defaults = new Map();
    #looksAgain = false;

    async start() {
        this.conversations = await openStore((id) => this.#hear(id));
        this.begin();
        this.#tell("conversations");
        // Who leaves while a reply comes finds what had come.
        document.addEventListener("visibilitychange", () => {
            if (document.hidden) for (const node of this.replies.keys()) this.#keep(this.#owner(node));
        });
        await this.refreshModels();
        await this.#takeUpReplies({ endsOthers: true });
    }

    // Models

    async refreshModels() {
        try {
            this.models = await listModels();
            if (!this.model) this.current.model = this.#usualModel;
        } catch (problem) {
            this.models = [];
            this.#tellProblem(problem);
        }
        this.#tell("models");
    }

    /** The description of the current conversation's model. */
    get model() {
        const { model } = this.current;
        return this.models.find(({ id, aliases = [] }) => id === model || aliases.includes(model));
    }

    /** What was chosen last, if the server has it. */
    get #usualModel() {
        const { models } = this;
        if (models.length === 0 || models.some(({ id }) => id === preferences.model)) return preferences.model;
        return (models.find(isLoaded) ?? models[0]).id;
    }

    chooseModel(id) {
        this.current.model = id;
        savePreferences({ model: id });
        this.#keepIfBegun();
        this.#tell("models");
    }

    /** What the current model does by itself; nothing where that cannot be found out. */
    async samplingDefaults() {
        const id = this.current.model;
        if (!this.#defaults.has(id)) {
            try {
                this.#defaults.set(id, await samplingDefaults(id));
            } catch {
                return { thinking: {}, direct: {} };
            }
        }
        return this.#defaults.get(id);
    }

    // Conversations

    begin() {
        this.current = newConversation(preferences.settings, this.#usualModel);
        this.#tell("conversation");
    }

    open(id) {
        const conversation = this.conversations.find((one) => one.id === id);
        if (!conversation) return;
        this.current = conversation;
        if (!this.model) conversation.model = this.#usualModel;
        this.#tell("conversation");
        this.#tell("models");
        this.#takeUpReplies();
    }

    rename(id, title) {
        const conversation = this.conversations.find((one) => one.id === id);
        conversation.title = title.trim() || conversation.title;
        this.#keep(conversation);
        this.#tell("conversation");
    }

    async remove(id) {
        this.#forget(id);
        await deleteConversation(id);
    }

    #forget(id) {
        for (const [node, reply] of this.replies) if (this.#owner(node)?.id === id) reply.stop();
        this.conversations = this.conversations.filter((one) => one.id !== id);
        if (this.current.id === id) this.begin();
        this.#tell("conversations");
    }

    async removeAll() {
        for (const { id } of [...this.conversations]) await this.remove(id);
    }

    importConversations(text) {
        const imported = importText(text);
        this.conversations.unshift(...imported);
        for (const conversation of imported) this.#keep(conversation);
        this.#tell("conversations");
        if (imported.length === 1) this.open(imported[0].id);
        return imported.length;
    }

    changeSettings(changes) {
        Object.assign(this.current.settings, changes);
        this.#keepIfBegun();
    }

    showBranch(id) {
        showBranch(this.current, id);
        this.#keep(this.current);
        this.#tell("conversation");
    }

    // Replies

    /** The reply that comes in the conversation at the moment. */
    get running() {
        return [...this.replies.entries()].find(([node]) => this.current.nodes[node])?.[1] ?? null;
    }

    send(content, attachments = []) {
        this.#ask(this.current.leaf, { role: "user", content, ...(attachments.length > 0 && { attachments }) });
    }

    /** Says something else in a message's place, in a branch of its own. */
    edit(id, content) {
        const { parent, message } = this.current.nodes[id];
        this.#ask(parent, { role: "user", content, ...(message.attachments && { attachments: message.attachments }) });
    }

    /** Another reply in the place of one, in a branch of its own; one that failed is replaced. */
    regenerate(id) {
        const conversation = this.current;
        const { parent, message } = conversation.nodes[id];
        if (this.running) return;
        if (message.problem && !message.content && !message.reasoning) removeBranch(conversation, id);
        this.#reply(conversation, parent);
    }

    /** Sends the results of a message's calls, by their ids, and has the model go on. */
    answerCalls(id, results) {
        const conversation = this.current;
        let parent = id;
        for (const call of conversation.nodes[id].message.toolCalls) {
            const message = { role: "tool", toolCallID: call.id, content: results.get(call.id) ?? "" };
            parent = addMessage(conversation, parent, message).id;
        }
        this.#reply(conversation, parent);
    }

    stop() {
        this.running?.stop();
    }

    #ask(parent, message) {
        const conversation = this.current;
        if (this.running) return;
        const isNew = Object.keys(conversation.nodes).length === 0;
        if (isNew) this.conversations.unshift(conversation);
        const { id } = addMessage(conversation, parent, message);
        this.#reply(conversation, id);
    }

    async #reply(conversation, parent) {
        let body;
        try {
            body = requestBody(conversation, pathTo(conversation, parent), this.model);
        } catch (error) {
            this.#tell("conversation");
            this.notify(error.message);
            return;
        }
        const node = addMessage(conversation, parent, { role: "assistant", content: "", model: conversation.model });
        const isOver = this.#run(node, (reply) => reply.ask(body));
        this.#keep(conversation);
        this.#tell("conversation");
        await isOver;
        conversation.updated = Date.now();
        this.#keep(conversation);
        if (node.message.problem?.wantsKey) this.#tell("key");
        // A model on demand is in memory now.
        if (this.models.some((model) => model.id === conversation.model && !isLoaded(model))) this.refreshModels();
    }

    async #run(node, work) {
        let kept = performance.now();
        const reply = new Reply(node.id, node.message, () => {
            this.#tell("reply", { node, reply });
            if (performance.now() - kept < keepInterval) return;
            kept = performance.now();
            this.#keep(this.#owner(node.id));
        });
        this.replies.set(node.id, reply);
        await work(reply);
        this.replies.delete(node.id);
        this.#tell("reply", { node, reply });
    }

    /**
     * Reads on in the replies that came when a page was left, or that come in another tab. `endsOthers` gives those up that the
     * server does not have any more.
     */
    async #takeUpReplies({ endsOthers = false } = {}) {
        const unfinished = this.conversations.flatMap((conversation) => Object.values(conversation.nodes)
            .filter(({ id, message }) => message.isComing && !this.replies.has(id)).map((node) => ({ conversation, node })));
        if (unfinished.length === 0) return;
        const kept = await keptStreams(unfinished.map(({ node }) => node.id)).catch(() => null);
        if (!kept) return;
        for (const { conversation, node } of unfinished) {
            if (this.replies.has(node.id)) continue;
            if (kept.has(node.id)) {
                this.#run(node, (reply) => reply.takeUp()).then(() => this.#keep(conversation));
                this.#tellChange(conversation);
            } else if (endsOthers) {
                delete node.message.isComing;
                node.message.problem = { text: "The reply broke off when the page was left." };
                this.#keep(conversation);
                this.#tellChange(conversation);
            } else if (Date.now() - node.message.created < lookPatience) {
                this.#lookAgain();
            }
        }
    }

    /** What another tab has asked for just now may not have begun. */
    #lookAgain() {
        if (this.#looksAgain) return;
        this.#looksAgain = true;
        setTimeout(() => {
            this.#looksAgain = false;
            this.#takeUpReplies();
        }, lookInterval);
    }

    // News

    notify(text) {
        this.#tell("notice", { text });
    }

    #tellProblem(problem) {
        if (problem.wantsKey) this.#tell("key");
        else this.notify(problem.message);
    }

    #owner(node) {
        return this.conversations.find((conversation) => conversation.nodes[node]);
    }

    #keepIfBegun() {
        if (this.conversations.includes(this.current)) this.#keep(this.current);
    }

    async #keep(conversation) {
        if (!conversation || !this.conversations.includes(conversation)) return;
        this.conversations.sort((a, b) => b.updated - a.updated);
        this.#tell("conversations");
        try {
            const result = await saveConversation(conversation, (node) => this.replies.has(node));
            if (result === "deleted") this.#forget(conversation.id);
            if (result === "changed") this.#tellChange(conversation);
        } catch (error) {
            this.notify(`This conversation could not be kept: ${error.message}`);
        }
    }

    /** Another tab has written or deleted a conversation. */
    async #hear(id) {
        const stored = await readConversation(id).catch(() => null);
        const own = this.conversations.find((one) => one.id === id);
        if (!stored) {
            if (own && stored === undefined) this.#forget(id);
            return;
        }
        if (own && !takeIn(own, stored, (node) => this.replies.has(node))) return;
        if (!own) {
            takeIn(stored, stored);
            this.conversations.push(stored);
        }
        this.conversations.sort((a, b) => b.updated - a.updated);
        this.#tellChange(own ?? stored);
        this.#takeUpReplies();
    }

    #tellChange(conversation) {
        this.#tell("conversations");
        if (conversation === this.current) this.#tell("conversation", { isNews: true });
    }

    #tell(name, detail = {}) {
        this.dispatchEvent(new CustomEvent(name, { detail }));
    }
}

export function isLoaded(model) {
    return model.status?.value === "loaded";
}

export const session = new Session();
