/**
 * Two tabs may change one conversation. Each keeps what it read last, so that of two versions it can tell what it changed itself:
 * messages of both are kept, and a title, a model or a setting is the one that changed.
 */
import { pathTo, showBranch } from "./conversation.js";

/** What is remembered of a conversation when it is read or written. */
export function versionOf({ title, model, settings, leaf }) {
    return { title, model, settings: { ...settings }, leaf };
}

/**
 * Takes another version in. `version` is what both began with; messages of which `isComing` says that they come here are not
 * touched. Returns whether anything changed.
 */
export function mergeConversation(ours, theirs, version, isComing = () => false) {
    const before = JSON.stringify(ours);
    for (const name of ["title", "model"]) ours[name] = newer(ours[name], theirs[name], version?.[name]);
    for (const name of Object.keys(theirs.settings)) {
        ours.settings[name] = newer(ours.settings[name], theirs.settings[name], version?.settings[name]);
    }
    ours.updated = Math.max(ours.updated, theirs.updated);
    const removed = new Set([...ours.removed ?? [], ...theirs.removed ?? []]);
    if (removed.size > 0) ours.removed = [...removed];
    const { leaf } = ours;
    for (const node of Object.values(theirs.nodes)) mergeNode(ours.nodes, node, isComing);
    for (const id of removed) takeOut(ours.nodes, id);
    const reached = pathTo(ours, theirs.leaf).some(({ id }) => id === leaf);
    // What was said behind the last message is what its reader waits for; another branch is not.
    if (reached) ours.leaf = theirs.leaf;
    else if (!ours.nodes[leaf]) showBranch(ours, ours.nodes[theirs.leaf] ? theirs.leaf : null);
    return JSON.stringify(ours) !== before;
}

function newer(our, their, version) {
    return our === version ? their : our;
}

/** What was said behind a message that another tab has removed stands where that stood. */
function takeOut(nodes, id) {
    if (!nodes[id]) return;
    for (const node of Object.values(nodes)) if (node.parent === id) node.parent = nodes[id].parent;
    delete nodes[id];
}

function mergeNode(nodes, node, isComing) {
    const own = nodes[node.id];
    if (!own) nodes[node.id] = node;
    else if (!isComing(node.id) && saysMore(node.message, own.message)) own.message = node.message;
}

/** A message changes only while it comes. One that failed here may have come whole elsewhere. */
function saysMore(message, other) {
    if (Boolean(message.isComing) !== Boolean(other.isComing)) return !message.isComing;
    if (Boolean(message.problem) !== Boolean(other.problem)) return !message.problem;
    return lengthOf(message) > lengthOf(other);
}

function lengthOf({ content, reasoning = "" }) {
    return content.length + reasoning.length;
}
