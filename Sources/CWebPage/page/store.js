/** Conversations in the browser's database; in memory alone where there is none, as in some private windows. */

const databaseName = "ponder";
const storeName = "conversations";

let database = null;
const memory = new Map();

/** All conversations, the one that changed last first. */
export async function openStore() {
    try {
        database = await new Promise((resolve, reject) => {
            const opening = indexedDB.open(databaseName, 1);
            opening.onupgradeneeded = () => opening.result.createObjectStore(storeName, { keyPath: "id" });
            opening.onsuccess = () => resolve(opening.result);
            opening.onerror = () => reject(opening.error);
            opening.onblocked = () => reject(new Error("The database is in use."));
        });
        for (const conversation of await transact("readonly", (store) => store.getAll())) {
            memory.set(conversation.id, conversation);
        }
    } catch {
        database = null;
    }
    return [...memory.values()].sort((a, b) => b.updated - a.updated);
}

/** Whether conversations are there when the page is opened again. */
export function isLasting() {
    return database !== null;
}

export async function saveConversation(conversation) {
    memory.set(conversation.id, conversation);
    if (database) await transact("readwrite", (store) => store.put(conversation));
}

export async function deleteConversation(id) {
    memory.delete(id);
    if (database) await transact("readwrite", (store) => store.delete(id));
}

function transact(mode, work) {
    return new Promise((resolve, reject) => {
        const transaction = database.transaction(storeName, mode);
        const request = work(transaction.objectStore(storeName));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error ?? new Error("The browser's storage is full."));
    });
}
