/**
 * A conversation is a tree of messages: editing or regenerating one adds a branch beside it and loses nothing. What is shown is
 * the path from the root to the leaf that was looked at last.
 *
 * Everything here is plain data, as it is stored, exported and imported:
 * `{ id, title, created, updated, model, settings, leaf, removed: [id], nodes: { id: { id, parent, message } } }`; a message is
 * `{ role, content, created }` and, by role, `attachments`, `reasoning`, `toolCalls`, `toolCallID`, `model`, `statistics`,
 * `finish`, `problem`, and until it is complete `isComing` and `lastEvent`, the id of the piece that it ends with.
 */
import { defaultSettings } from "./preferences.js";

const format = "ponder-conversations";
const longestTitle = 60;

export function newConversation(settings, model) {
    const now = Date.now();
    return {
        id: newID(), title: "", created: now, updated: now, model, settings: structuredClone(settings), leaf: null, nodes: {},
    };
}

/** Names for messages and conversations; `crypto.randomUUID` is missing where a page came over plain HTTP. */
function newID() {
    return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Adds a message behind another, or as a first one behind `null`, and shows it. */
export function addMessage(conversation, parent, message) {
    const node = { id: newID(), parent, message: { created: Date.now(), ...message } };
    conversation.nodes[node.id] = node;
    conversation.leaf = node.id;
    conversation.updated = Date.now();
    if (!conversation.title && message.role === "user") conversation.title = titleFrom(message);
    return node;
}

function titleFrom({ content, attachments = [] }) {
    const text = (content || attachments[0]?.name || "").trim().replaceAll(/\s+/g, " ");
    return text.length > longestTitle ? `${text.slice(0, longestTitle - 1).trimEnd()}…` : text;
}

/** The messages that are shown, first to last. */
export function shownPath(conversation) {
    return pathTo(conversation, conversation.leaf);
}

export function pathTo(conversation, id) {
    const path = [];
    for (let node = conversation.nodes[id]; node; node = conversation.nodes[node.parent]) path.unshift(node);
    return path;
}

/** A message and those that stand in its place in other branches, oldest first. */
export function siblings(conversation, node) {
    return childrenOf(conversation, node.parent);
}

function childrenOf(conversation, parent) {
    return Object.values(conversation.nodes).filter((node) => node.parent === parent)
        .sort((a, b) => a.message.created - b.message.created);
}

/** Shows another branch: the message and what was said last behind it. */
export function showBranch(conversation, id) {
    conversation.leaf = id;
    for (let next; (next = childrenOf(conversation, conversation.leaf).at(-1)); ) conversation.leaf = next.id;
}

/** Takes a message out of the tree with all that stands behind it, and shows what stood before. */
export function removeBranch(conversation, id) {
    const node = conversation.nodes[id];
    if (!node) return;
    for (const child of childrenOf(conversation, id)) removeBranch(conversation, child.id);
    delete conversation.nodes[id];
    // Other tabs may have it still.
    (conversation.removed ??= []).push(id);
    const neighbour = childrenOf(conversation, node.parent).at(-1);
    if (neighbour) showBranch(conversation, neighbour.id);
    else conversation.leaf = node.parent;
}

/** The `messages` of a request for the reply behind a path. */
export function requestMessages(path, systemPrompt) {
    const system = systemPrompt.trim() ? [{ role: "system", content: systemPrompt.trim() }] : [];
    return [...system, ...path.map(({ message }) => message).filter(saysSomething).map(requestMessage)];
}

/** A reply that failed, or was stopped while it thought, is no part of what was said. */
function saysSomething({ role, content, toolCalls = [] }) {
    return role !== "assistant" || Boolean(content) || toolCalls.length > 0;
}

function requestMessage(message) {
    if (message.role === "user") return { role: "user", content: textWithAttachments(message) };
    if (message.role === "tool") return { role: "tool", tool_call_id: message.toolCallID, content: message.content };
    const calls = (message.toolCalls ?? []).map(({ id, name, arguments: text }) =>
        ({ id, type: "function", function: { name, arguments: text } }));
    // The template keeps reasoning between the steps of a tool call, and leaves it out of what came before.
    return {
        role: "assistant", content: message.content || (calls.length > 0 ? null : ""),
        ...(message.reasoning && { reasoning_content: message.reasoning }), ...(calls.length > 0 && { tool_calls: calls }),
    };
}

function textWithAttachments({ content, attachments = [] }) {
    const files = attachments.map(({ name, text }) => {
        const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
        return `${name}:\n${fence}\n${text}\n${fence}`;
    });
    return [...files, content].filter(Boolean).join("\n\n");
}

/** Whether a text stands in a conversation's title or in what was said; case does not matter. */
export function matches(conversation, words) {
    const needle = words.toLowerCase();
    return conversation.title.toLowerCase().includes(needle)
        || Object.values(conversation.nodes).some(({ message }) => (message.content ?? "").toLowerCase().includes(needle));
}

export function exportText(conversations) {
    return JSON.stringify({ format, version: 1, exported: new Date().toISOString(), conversations }, null, 2);
}

/**
 * The conversations of an exported text, under names of their own: importing twice loses nothing. A list of OpenAI's messages, or
 * an object that has one, becomes a conversation, too. Throws an `Error` with words for the reader.
 */
export function importText(text) {
    let value;
    try {
        value = JSON.parse(text);
    } catch {
        throw new Error("The file is no JSON.");
    }
    const messages = Array.isArray(value) ? value : value?.messages;
    if (Array.isArray(messages)) return [conversationOf(messages)];
    if (value?.format !== format || !Array.isArray(value.conversations)) {
        throw new Error("The file holds no conversations of this page, and no list of messages.");
    }
    return value.conversations.map(checkedConversation);
}

/** Takes from a stranger's object what has the right form. */
function checkedConversation(given) {
    const conversation = newConversation({ ...defaultSettings(), ...given?.settings }, text(given?.model));
    conversation.title = text(given?.title).slice(0, 200);
    conversation.created = Number(given?.created) || conversation.created;
    conversation.updated = Number(given?.updated) || conversation.updated;
    const givenNodes = Object.values(given?.nodes ?? {}).filter((node) => node?.id && node.message);
    const ids = new Map(givenNodes.map((node) => [node.id, newID()]));
    for (const node of givenNodes) {
        const id = ids.get(node.id);
        conversation.nodes[id] = { id, parent: ids.get(node.parent) ?? null, message: checkedMessage(node.message) };
    }
    if (hasCircle(conversation)) throw new Error("The file is damaged: a conversation's messages go round in a circle.");
    conversation.leaf = ids.get(given?.leaf) ?? null;
    if (!conversation.leaf && ids.size > 0) showBranch(conversation, null);
    return conversation;
}

function hasCircle(conversation) {
    const count = Object.keys(conversation.nodes).length;
    return Object.values(conversation.nodes).some((node) => {
        let steps = 0;
        for (let at = node; at; at = conversation.nodes[at.parent]) if ((steps += 1) > count) return true;
        return false;
    });
}

function checkedMessage(given) {
    const role = ["user", "assistant", "tool"].includes(given.role) ? given.role : "user";
    const calls = Array.isArray(given.toolCalls) ? given.toolCalls : [];
    const attachments = Array.isArray(given.attachments) ? given.attachments : [];
    return {
        role, content: text(given.content), created: Number(given.created) || Date.now(),
        ...(given.reasoning && { reasoning: text(given.reasoning) }),
        ...(given.model && { model: text(given.model) }),
        ...(given.toolCallID && { toolCallID: text(given.toolCallID) }),
        ...(calls.length > 0 && {
            toolCalls: calls.map((call) => ({ id: text(call?.id), name: text(call?.name), arguments: text(call?.arguments) })),
        }),
        ...(attachments.length > 0 && {
            attachments: attachments.map((file) => ({ name: text(file?.name), text: text(file?.text) })),
        }),
        ...(given.statistics && { statistics: numbersOf(given.statistics) }),
    };
}

function numbersOf(object) {
    return Object.fromEntries(Object.entries(object).filter(([, value]) => Number.isFinite(value)));
}

/** A conversation of messages as OpenAI's API has them. */
function conversationOf(messages) {
    const conversation = newConversation(defaultSettings(), "");
    for (const given of messages) {
        const content = typeof given?.content === "string"
            ? given.content
            : (Array.isArray(given?.content) ? given.content : []).map((part) => text(part?.text)).join("");
        if (given?.role === "system" || given?.role === "developer") {
            conversation.settings.systemPrompt = content;
            continue;
        }
        const toolCalls = (Array.isArray(given?.tool_calls) ? given.tool_calls : []).map((call) =>
            ({ id: call?.id, name: call?.function?.name, arguments: call?.function?.arguments }));
        const message = { ...given, content, reasoning: given?.reasoning_content, toolCalls, toolCallID: given?.tool_call_id };
        addMessage(conversation, conversation.leaf, checkedMessage(message));
    }
    return conversation;
}

function text(value) {
    return typeof value === "string" ? value : "";
}
