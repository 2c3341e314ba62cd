/** What stands within a paragraph: code, mathematics, links, emphasis. */

const punctuation = /[!-/:-@[-`{-~]/;
const webAddress = /^https?:\/\/[^\s<>"`]*[^\s<>"`.,;:!?'*_~)\]]/;
const maximumNesting = 8;
/** How far a mark's partner is looked for: a text full of marks must not take the square of its length. */
const longestSpan = 2000;

/** Pieces: `{ kind, text }` or `{ kind, content }`. Marks without a partner stay text. */
export function parseInline(text, depth = 0) {
    const pieces = [];
    let plain = "";
    let index = 0;
    const push = (piece, length) => {
        if (plain) pieces.push({ kind: "text", text: plain });
        plain = "";
        pieces.push(piece);
        index += length;
    };
    while (index < text.length) {
        const found = depth < maximumNesting ? readPiece(text, index, depth) : null;
        if (found) {
            push(...found);
        } else {
            plain += text[index];
            index += 1;
        }
    }
    if (plain) pieces.push({ kind: "text", text: plain });
    return pieces;
}

/** What begins at a place, and how long it is. */
function readPiece(text, index, depth) {
    switch (text[index]) {
        case "\\": return readEscape(text, index);
        case "`": return readCodeSpan(text, index);
        case "$": return readDollars(text, index);
        case "!": return text[index + 1] === "[" ? readLink(text, index + 1, depth, "image") : null;
        case "[": return readLink(text, index, depth, "link");
        case "<": return readAutolink(text, index);
        case "*": case "_": case "~": return readEmphasis(text, index, depth);
        case "h": return readAddress(text, index);
        case "\n": return [{ kind: "break" }, 1];
        default: return null;
    }
}

function readEscape(text, index) {
    for (const [open, close] of [["\\(", "\\)"], ["\\[", "\\]"]]) {
        if (!text.startsWith(open, index)) continue;
        const length = text.slice(index, index + longestSpan).indexOf(close, 2) + 2;
        if (length > 2) return [{ kind: "math", text: text.slice(index, index + length) }, length];
    }
    const next = text[index + 1];
    return next && punctuation.test(next) ? [{ kind: "text", text: next }, 2] : null;
}

function readCodeSpan(text, index) {
    const mark = "`".repeat(runLength(text, index));
    let end = index + mark.length;
    while ((end = text.indexOf(mark, end)) >= 0 && end < index + longestSpan) {
        const length = runLength(text, end);
        if (length === mark.length) {
            const content = text.slice(index + mark.length, end).replaceAll("\n", " ");
            const isPadded = /^ .*\S.* $/.test(content) || /^ `|` $/.test(content);
            return [{ kind: "code", text: isPadded ? content.slice(1, -1) : content }, end + mark.length - index];
        }
        end += length;
    }
    return [{ kind: "text", text: mark }, mark.length];
}

/** `$x^2$`, but neither prices nor shell variables. */
function readDollars(text, index) {
    const match = /^\$\$[^$]+\$\$|^\$(?![\s\d$])[^$\n]*[^\s$\\]\$(?![\d\w])/.exec(text.slice(index, index + 2000));
    return match ? [{ kind: "math", text: match[0] }, match[0].length] : null;
}

function readLink(text, index, depth, kind) {
    const end = closingBracket(text, index);
    if (end < 0 || text[end + 1] !== "(") return null;
    const target = /^\(\s*<?((?:[^\s()<>]|\([^\s()]*\))*)>?(?:\s+["'(][^\n]*?["')])?\s*\)/.exec(text.slice(end + 1, end + 2001));
    if (!target) return null;
    const content = parseInline(text.slice(index + 1, end), depth + 1);
    const length = end + 1 + target[0].length - index + (kind === "image" ? 1 : 0);
    return [{ kind, content, address: target[1] }, length];
}

function closingBracket(text, index) {
    let level = 0;
    for (let place = index; place < text.length && place < index + 2000; place += 1) {
        if (text[place] === "\\") place += 1;
        else if (text[place] === "[") level += 1;
        else if (text[place] === "]" && (level -= 1) === 0) return place;
    }
    return -1;
}

function readAutolink(text, index) {
    const match = /^<((?:https?:\/\/|mailto:)[^\s<>]+)>/.exec(text.slice(index, index + 2000));
    if (match) return [{ kind: "link", content: [{ kind: "text", text: match[1] }], address: match[1] }, match[0].length];
    // Models write it in tables, where a line cannot end otherwise.
    const lineBreak = /^<br\s*\/?>/i.exec(text.slice(index, index + 10));
    return lineBreak ? [{ kind: "break" }, lineBreak[0].length] : null;
}

function readAddress(text, index) {
    if (index > 0 && /[\w/]/.test(text[index - 1])) return null;
    const match = webAddress.exec(text.slice(index, index + 2000));
    if (!match) return null;
    // A bracket that the address opens is closed by it.
    const closing = match[0].includes("(") && !match[0].includes(")") && text[index + match[0].length] === ")" ? ")" : "";
    const address = match[0] + closing;
    return [{ kind: "link", content: [{ kind: "text", text: address }], address }, address.length];
}

function readEmphasis(text, index, depth) {
    const sign = text[index];
    const run = runLength(text, index);
    const before = text[index - 1] ?? " ";
    const after = text[index + run] ?? " ";
    if (/\s/.test(after) || (sign === "_" && /\w/.test(before))) return [{ kind: "text", text: sign.repeat(run) }, run];
    const length = sign === "~" ? 2 : Math.min(run, 3);
    if (sign === "~" && run !== 2) return [{ kind: "text", text: sign.repeat(run) }, run];
    for (let width = length; width > 0; width -= 1) {
        if (sign === "~" && width !== 2) break;
        const end = emphasisEnd(text, index + width, sign, width);
        if (end < 0) continue;
        const content = parseInline(text.slice(index + width, end), depth + 1);
        return [emphasised(content, sign, width), end + width - index];
    }
    return [{ kind: "text", text: sign.repeat(run) }, run];
}

function emphasised(content, sign, width) {
    if (sign === "~") return { kind: "strikethrough", content };
    if (width === 3) return { kind: "strong", content: [{ kind: "emphasis", content }] };
    return { kind: width === 2 ? "strong" : "emphasis", content };
}

/** Where emphasis ends: at a run of its width that no space stands before, outside of code. */
function emphasisEnd(text, start, sign, width) {
    let place = start;
    const limit = Math.min(text.length, start + longestSpan);
    while (place < limit) {
        if (text[place] === "\\") {
            place += 2;
        } else if (text[place] === "`") {
            place += readCodeSpan(text, place)[1];
        } else if (text[place] === sign) {
            const run = runLength(text, place);
            const isClosing = !/\s/.test(text[place - 1]) && place > start
                && (sign !== "_" || !/\w/.test(text[place + run] ?? " "));
            if (isClosing && (run === width || (run === 3 && width < 3))) return run === 3 ? place + 3 - width : place;
            place += run;
        } else {
            place += 1;
        }
    }
    return -1;
}

/** How often the character at a place is repeated from there. */
function runLength(text, index) {
    let end = index + 1;
    while (text[end] === text[index]) end += 1;
    return end - index;
}
