/**
 * Markdown as models write it: CommonMark's blocks and GitHub's tables, task lists and strikethrough. HTML stays text, and so
 * does mathematics. The result is a tree of plain objects, each with the lines that it was read from.
 */
import { parseInline } from "./inline.js";

const fence = /^( {0,3})(`{3,}|~{3,})\s*([^`]*)$/;
const heading = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const quote = /^ {0,3}>\s?/;
const item = /^(\s*)([-*+]|\d{1,9}[.)])(\s+|$)/;
const tableRule = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const maximumDepth = 12;

/**
 * The blocks of a text, each with the `line` that it begins in, counted from `firstLine`. A fence that is not closed yet goes to the
 * text's end, as it does while a reply comes in.
 */
export function parseMarkdown(text, firstLine = 0) {
    const lines = text.replaceAll("\r\n", "\n").replaceAll("\t", "    ").split("\n");
    return parseBlocks(lines.slice(firstLine), 0).map((block) => ({ ...block, line: block.line + firstLine }));
}

function parseBlocks(lines, depth) {
    const blocks = [];
    let index = 0;
    while (index < lines.length) {
        if (lines[index].trim() === "") {
            index += 1;
            continue;
        }
        const start = index;
        const [block, next] = readBlock(lines, index, depth);
        index = next;
        blocks.push({ ...block, line: start, source: lines.slice(start, index).join("\n") });
    }
    return blocks;
}

function readBlock(lines, index, depth) {
    const line = lines[index];
    let match;
    if ((match = fence.exec(line))) return readCode(lines, index, match);
    if (/^\s*(\$\$|\\\[)/.test(line)) return readMath(lines, index);
    if ((match = heading.exec(line))) {
        return [{ kind: "heading", level: match[1].length, content: parseInline(match[2] ?? "") }, index + 1];
    }
    if (rule.test(line)) return [{ kind: "rule" }, index + 1];
    if (depth < maximumDepth && quote.test(line)) return readQuote(lines, index, depth);
    if (depth < maximumDepth && item.test(line)) return readList(lines, index, depth);
    if (line.includes("|") && index + 1 < lines.length && tableRule.test(lines[index + 1])) {
        const table = readTable(lines, index);
        if (table) return table;
    }
    return readParagraph(lines, index);
}

function readCode(lines, index, [, indent, mark, language]) {
    const content = [];
    let next = index + 1;
    const end = new RegExp(`^ {0,3}${mark[0] === "~" ? "~" : "`"}{${mark.length},}\\s*$`);
    const outdent = new RegExp(`^ {0,${indent.length}}`);
    while (next < lines.length && !end.test(lines[next])) {
        content.push(lines[next].replace(outdent, ""));
        next += 1;
    }
    const isClosed = next < lines.length;
    return [{ kind: "code", language: language.trim().split(/\s/)[0], text: content.join("\n"), isClosed }, next + 1];
}

/** Mathematics is left as it was written: `$$ … $$` or `\[ … \]`. */
function readMath(lines, index) {
    const close = lines[index].trim().startsWith("$$") ? "$$" : "\\]";
    const content = [lines[index].trim().slice(2)];
    let next = index + 1;
    while (!content.at(-1).includes(close) && next < lines.length && lines[next].trim() !== "") {
        content.push(lines[next]);
        next += 1;
    }
    const text = content.join("\n").replace(close, "").trim();
    return [{ kind: "math", text }, next];
}

function readQuote(lines, index, depth) {
    const inner = [];
    while (index < lines.length && lines[index].trim() !== "" && (quote.test(lines[index]) || !startsBlock(lines[index]))) {
        inner.push(lines[index].replace(quote, ""));
        index += 1;
    }
    return [{ kind: "quote", blocks: parseBlocks(inner, depth + 1) }, index];
}

function readList(lines, index, depth) {
    const first = item.exec(lines[index]);
    const isOrdered = /\d/.test(first[2]);
    const items = [];
    let isLoose = false;
    while (index < lines.length) {
        const match = item.exec(lines[index]);
        if (!match || match[1].length > first[1].length + 3 || rule.test(lines[index])) break;
        if (/\d/.test(match[2]) !== isOrdered || match[1].length + 1 < first[1].length) break;
        const [inner, next, hasGap] = readItem(lines, index, match);
        isLoose ||= hasGap;
        items.push(listItem(inner, depth));
        index = next;
    }
    return [{ kind: "list", isOrdered, start: isOrdered ? Number.parseInt(first[2], 10) : 1, isLoose, items }, index];
}

/** The lines of one item without their indent, the line behind it, and whether an empty line stands within or behind. */
function readItem(lines, index, match) {
    const indent = match[1].length + match[2].length + Math.min(match[3].length || 1, 4);
    const inner = [lines[index].slice(indent)];
    let hasGap = false;
    let next = index + 1;
    while (next < lines.length) {
        const line = lines[next];
        const margin = line.search(/\S/);
        if (margin < 0) {
            const following = lines.slice(next).find((later) => later.trim() !== "");
            if (following === undefined) break;
            const isInside = following.search(/\S/) >= indent;
            if (!isInside && !item.test(following)) break;
            hasGap = true;
            inner.push("");
        } else if (margin >= indent || (margin > match[1].length && item.test(line))) {
            inner.push(line.slice(Math.min(indent, margin)));
        } else if (startsBlock(line) || inner.at(-1).trim() === "") {
            break;
        } else {
            inner.push(line);
        }
        next += 1;
    }
    return [inner, next, hasGap];
}

function listItem(lines, depth) {
    const task = /^\[([ xX])\]\s+/.exec(lines[0]);
    if (task) lines[0] = lines[0].slice(task[0].length);
    return { blocks: parseBlocks(lines, depth + 1), isDone: task ? task[1] !== " " : null };
}

function readTable(lines, index) {
    const head = cells(lines[index]);
    const alignments = cells(lines[index + 1]).map((cell) => {
        if (cell.startsWith(":") && cell.endsWith(":")) return "center";
        return cell.endsWith(":") ? "end" : "start";
    });
    if (head.length !== alignments.length) return null;
    const rows = [];
    index += 2;
    while (index < lines.length && lines[index].includes("|") && lines[index].trim() !== "") {
        const row = cells(lines[index]);
        rows.push(head.map((_, column) => parseInline(row[column] ?? "")));
        index += 1;
    }
    return [{ kind: "table", head: head.map(parseInline), alignments, rows }, index];
}

function cells(line) {
    const row = line.trim().replace(/^\|/, "").replace(/\|$/, "");
    return row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function readParagraph(lines, index) {
    const content = [lines[index]];
    index += 1;
    while (index < lines.length && lines[index].trim() !== "" && !startsBlock(lines[index])) {
        const underline = /^ {0,3}(=+|-+)\s*$/.exec(lines[index]);
        if (underline) {
            const level = underline[1][0] === "=" ? 1 : 2;
            return [{ kind: "heading", level, content: parseInline(content.join("\n").trim()) }, index + 1];
        }
        content.push(lines[index]);
        index += 1;
    }
    return [{ kind: "paragraph", content: parseInline(content.map((line) => line.trimStart()).join("\n")) }, index];
}

/** Whether a line ends the paragraph before it. */
function startsBlock(line) {
    return fence.test(line) || heading.test(line) || quote.test(line) || item.test(line)
        || /^\s*(\$\$|\\\[)/.test(line) || (rule.test(line) && !/^ {0,3}-+\s*$/.test(line));
}
