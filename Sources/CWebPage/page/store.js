/**
 * Conversations in the browser's database; in memory alone where there is none, as in some private windows. Tabs tell each other
 * what they wrote, and none writes over what another has written: see merging.js.
 */
import { mergeConversation, versionOf } from "./merging.js";

const databaseName = "ponder";
const storeName = "conversations";

let database = null;
let tellOthers = () => {};
/** What was read or written last, by the conversation's id. */
const versions = new Map();

/** All conversations, the one that changed last first. `onchange` hears the ids of those that other tabs changed. */
export async function openStore(onchange) {
    let conversations = [];
    try {
        database = await new Promise((resolve, reject) => {
            const opening = indexedDB.open(databaseName, 1);
            opening.onupgradeneeded = () => opening.result.createObjectStore(storeName, { keyPath: "id" });
            opening.onsuccess = () => resolve(opening.result);
            opening.onerror = () => reject(opening.error);
            opening.onblocked = () => reject(new Error("The database is in use."));
        });
        conversations = await transact("readonly", (store) => store.getAll());
        for (const conversation of conversations) versions.set(conversation.id, versionOf(conversation));
        listenToOthers(onchange);
    } catch {
        database = null;
    }
    return conversations.sort((a, b) => b.updated - a.updated);
}

function listenToOthers(onchange) {
    const channel = new BroadcastChannel(databaseName);
    channel.onmessage = ({ data }) => onchange(data);
    tellOthers = (id) => channel.postMessage(id);
}

/** Whether conversations are there when the page is opened again. */
export function isLasting() {
    return database !== null;
}

/**
 * Writes a conversation, into which what other tabs wrote of it goes first. `isComing` says which messages come here. Returns
 * `changed` where it was changed so, `deleted` where another tab has deleted it: then it is not written.
 */
export async function saveConversation(conversation, isComing) {
    if (!database) return "kept";
    let result = "kept";
    await transact("readwrite", (store) => {
        const reading = store.get(conversation.id);
        reading.onsuccess = () => {
            const stored = reading.result;
            const version = versions.get(conversation.id);
            if (!stored && version) {
                result = "deleted";
                return;
            }
            if (stored && mergeConversation(conversation, stored, version, isComing)) result = "changed";
            versions.set(conversation.id, versionOf(conversation));
            store.put(conversation);
        };
        return reading;
    });
    if (result !== "deleted") tellOthers(conversation.id);
    return result;
}

/** A conversation as it is stored; nothing where it is not, or not any more. */
export async function readConversation(id) {
    return transact("readonly", (store) => store.get(id));
}

/** Takes what another tab wrote into a conversation. Returns whether anything changed. */
export function takeIn(conversation, stored, isComing) {
    const hasChanged = mergeConversation(conversation, stored, versions.get(conversation.id), isComing);
    versions.set(conversation.id, versionOf(stored));
    return hasChanged;
}

export async function deleteConversation(id) {
    versions.delete(id);
    if (!database) return;
    await transact("readwrite", (store) => store.delete(id));
    tellOthers(id);
}

function transact(mode, work) {
    return new Promise((resolve, reject) => {
        const transaction = database.transaction(storeName, mode);
        const request = work(transaction.objectStore(storeName));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error ?? new Error("The browser's storage is full."));
    });
}
