/** Markdown's tree as elements. */
import { copyText, h, iconButton } from "./dom.js";
import { highlight } from "./highlight.js";
import { parseMarkdown } from "./markdown.js";

/** What elements show. */
const shownMarkdown = new WeakMap();

/**
 * Shows a text in an element. Called again with a longer text, it leaves the blocks alone that have not changed, so that a
 * selection, a scrolled table and the reader's place survive while a reply comes in.
 */
export function renderMarkdown(element, text) {
    const { text: shownText, blocks: shown } = shownMarkdown.get(element) ?? { text: "", blocks: [] };
    if (text === shownText) return;
    // The last line decides whether its block goes on from the one before, so that only those before both are final.
    const kept = text.startsWith(shownText) ? shown.slice(0, Math.max(0, shown.length - 2)) : [];
    const firstLine = kept.length > 0 ? shown[kept.length].line : 0;
    const blocks = [...kept, ...parseMarkdown(text, firstLine)];
    let same = 0;
    while (same < shown.length && same < blocks.length && shown[same].source === blocks[same].source) same += 1;
    while (element.childNodes.length > same) element.lastChild.remove();
    element.append(...blocks.slice(same).map(renderBlock));
    shownMarkdown.set(element, { text, blocks: blocks.map(({ source, line }) => ({ source, line })) });
}

function renderBlock(block) {
    switch (block.kind) {
        case "heading": {
            // The page's own headings are of the first two levels.
            const level = Math.min(block.level + 2, 6);
            return h(`h${level}`, { class: `markdown-heading level-${block.level}` }, inline(block.content));
        }
        case "paragraph": return h("p", {}, inline(block.content));
        case "rule": return h("hr");
        case "quote": return h("blockquote", {}, block.blocks.map(renderBlock));
        case "list": return renderList(block);
        case "table": return renderTable(block);
        case "math": return h("pre", { class: "math-block", tabindex: "0", "aria-label": "Formula" }, block.text);
        case "code": return renderCode(block);
        default: return h("p", {}, block.source);
    }
}

function renderList({ isOrdered, start, isLoose, items }) {
    const attributes = isOrdered && start !== 1 ? { start } : {};
    return h(isOrdered ? "ol" : "ul", attributes, items.map((item) => {
        const content = item.blocks.map((block) =>
            block.kind === "paragraph" && !isLoose ? inline(block.content) : renderBlock(block));
        if (item.isDone === null) return h("li", {}, content);
        const mark = h("span", { class: "task-mark", role: "img", "aria-label": item.isDone ? "Done" : "To do" },
            item.isDone ? "☑" : "☐");
        return h("li", { class: "task" }, mark, " ", content);
    }));
}

function renderTable({ head, alignments, rows }) {
    const row = (cells, tag) => h("tr", {}, cells.map((cell, column) =>
        h(tag, { class: `align-${alignments[column]}`, scope: tag === "th" && "col" }, inline(cell))));
    return h("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Table" },
        h("table", {}, h("thead", {}, row(head, "th")), h("tbody", {}, rows.map((cells) => row(cells, "td")))));
}

function renderCode({ language, text }) {
    const copy = iconButton("copy", "Copy code", () => copyText(text, copy));
    return h("figure", { class: "code-block" },
        h("figcaption", {}, h("span", {}, language || "text"), copy),
        h("pre", { tabindex: "0", "aria-label": `Code, ${language || "text"}` }, h("code", {}, highlight(text, language))));
}

function inline(pieces) {
    return pieces.map((piece) => {
        switch (piece.kind) {
            case "text": return piece.text;
            case "break": return h("br");
            case "code": return h("code", {}, piece.text);
            case "math": return h("code", { class: "math" }, piece.text);
            case "strong": return h("strong", {}, inline(piece.content));
            case "emphasis": return h("em", {}, inline(piece.content));
            case "strikethrough": return h("del", {}, inline(piece.content));
            // A picture would be fetched from wherever the model says: it is a link that the reader may follow.
            case "link": case "image": return renderLink(piece);
            default: return null;
        }
    });
}

function renderLink({ content, address, kind }) {
    const label = content.length > 0 ? inline(content) : [address];
    if (!/^(https?:|mailto:)/i.test(address)) return h("span", {}, label, address && ` (${address})`);
    return h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" },
        kind === "image" && "Picture: ", label);
}
