/** Colours code by what most languages share: comments, strings, numbers, and each family's keywords. */
import { h } from "./dom.js";

const words = (text) => new Set(text.split(" "));

const cFamily = words("abstract any as async await bool boolean break case catch char class const continue default defer delete do "
    + "double else enum extends extension false final float fn for foreach func function go guard if impl implements import in "
    + "inout instanceof int interface internal is let long loop match mod move mut namespace new nil null override package "
    + "private protocol protected pub public ref return self Self short signed sizeof static string struct super switch this "
    + "throw throws trait true try type typedef typeof undefined union unsafe unsigned use using var virtual void volatile "
    + "where while with yield");
const python = words("False None True and as assert async await break class continue def del elif else except finally for from "
    + "global if import in is lambda match nonlocal not or pass raise return try while with yield self");
const shell = words("case do done elif else esac export fi for function if in local return set then until while echo cd exit");
const sql = words("select from where and or not insert into values update set delete create table drop alter join left right inner "
    + "outer on as group by order limit having distinct union all null is in like between case when then else end");
const data = words("true false null yes no");

const families = new Map();
const family = (names, keywords, comment, ignoresCase = false) => {
    for (const name of names.split(" ")) families.set(name, { keywords, comment, ignoresCase });
};
const slashes = "\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)";
family("js javascript ts typescript jsx tsx java c h cpp c++ cc cs csharp go rust rs swift kotlin kt scala php dart zig", cFamily,
    slashes);
family("css scss less", data, slashes);
family("py python ruby rb r julia", python, "#[^\\n]*");
family("sh bash zsh shell console dockerfile makefile", shell, "(?<![\\w$])#[^\\n]*");
family("yaml yml toml ini", data, "#[^\\n]*");
family("json jsonc json5", data, slashes);
family("sql", sql, "--[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)", true);

const strings = "\"\"\"[\\s\\S]*?(?:\"\"\"|$)|\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'|`(?:\\\\.|[^`\\\\])*`?";
const numbers = "\\b(?:0[xXbBoO][\\da-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)\\b";
const longestText = 50_000;

/** The code in pieces: strings, and elements for what is coloured. */
export function highlight(text, language) {
    const rules = families.get((language ?? "").toLowerCase());
    if (!rules || text.length > longestText) return [text];
    const pattern = new RegExp(`(${rules.comment})|(${strings})|(${numbers})|([A-Za-z_]\\w*)`, "g");
    const pieces = [];
    let end = 0;
    for (const match of text.matchAll(pattern)) {
        const kind = kindOf(match, text, rules);
        if (!kind) continue;
        pieces.push(text.slice(end, match.index), h("span", { class: `code-${kind}` }, match[0]));
        end = match.index + match[0].length;
    }
    pieces.push(text.slice(end));
    return pieces;
}

function kindOf([, comment, string, literal, word], text, { keywords, ignoresCase }) {
    if (comment !== undefined) return "comment";
    if (string !== undefined) return "string";
    if (literal !== undefined) return "number";
    return keywords.has(ignoresCase ? word.toLowerCase() : word) ? "keyword" : null;
}
