/**
 * Builds elements. Text only ever becomes text nodes: nothing in this page parses a string as HTML, which the page's
 * Content-Security-Policy (`require-trusted-types-for`) enforces.
 */
import { iconPaths } from "./icons.js";

/**
 * An element with attributes and children. Attributes that are functions listen to the event of their name (`onclick`);
 * `true` sets an empty attribute; `false`, `null` and `undefined` set none.
 */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

export function setAttribute(element, name, value) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value);
}

/** One of the page's icons. It says nothing to screen readers: whatever holds it has a name. */
export function icon(name) {
    const svg = svgElement("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" });
    svg.append(svgElement("path", { d: iconPaths[name] }));
    return svg;
}

export function svgElement(tag, attributes = {}) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
}

/** A button with an icon; its name is told to screen readers and shown as a tooltip. */
export function iconButton(iconName, label, onclick, attributes = {}) {
    return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...attributes },
        icon(iconName));
}

/** A button with a text, and an icon before it if there is one. */
export function textButton(label, onclick, { iconName, ...attributes } = {}) {
    return h("button", { type: "button", class: "button", onclick, ...attributes }, iconName && icon(iconName), label);
}

export function byId(id) {
    return document.getElementById(id);
}

/** Has screen readers say a sentence once they are done with what they say. */
export function announce(text) {
    const region = byId("announcements");
    // The same words twice are only said twice if they are another node.
    region.replaceChildren(h("p", {}, text));
}

/** Copies a text and says so on the button that was pressed. */
export async function copyText(text, button) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        copyBySelection(text);
    }
    announce("Copied.");
    button.classList.add("is-done");
    setTimeout(() => button.classList.remove("is-done"), 1500);
}

/** Pages that came over plain HTTP from another machine have no clipboard of their own. */
function copyBySelection(text) {
    const area = h("textarea", { class: "visually-hidden", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
}

/**
 * Does some drawing with the next frame, however often it is asked for, and rests three times as long as drawing took: what comes
 * fast must not keep the page from its reader.
 */
export function paced(draw) {
    let isWaiting = false;
    let rest = 0;
    return () => {
        if (isWaiting) return;
        isWaiting = true;
        setTimeout(() => requestAnimationFrame(() => {
            isWaiting = false;
            const start = performance.now();
            draw();
            // A task behind the frame comes when layout and painting are done, too.
            setTimeout(() => (rest = Math.min(1000, 3 * (performance.now() - start))));
        }), rest);
    };
}

/** Hands the reader a file. */
export function saveFile(name, text, type) {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = h("a", { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
