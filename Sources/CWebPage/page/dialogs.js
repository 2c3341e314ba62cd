/** Questions that come before everything else. `<dialog>` keeps the focus inside and gives it back. */
import { h, iconButton, textButton } from "./dom.js";
import { key } from "./server.js";

let lastNumber = 0;

/** Shows a dialog until it is closed; resolves to what `close` was called with, `null` for Escape. */
function showDialog(title, makeContent) {
    return new Promise((resolve) => {
        let result = null;
        const headingID = `dialog-heading-${(lastNumber += 1)}`;
        const close = (value = null) => {
            result = value;
            dialog.close();
        };
        const dialog = h("dialog", { class: "dialog", "aria-labelledby": headingID },
            h("header", {}, h("h2", { id: headingID }, title), iconButton("close", "Close", () => close())),
            makeContent(close));
        dialog.addEventListener("close", () => {
            dialog.remove();
            resolve(result);
        });
        // A press on what lies around the dialog is on the dialog element itself.
        dialog.addEventListener("pointerdown", (event) => event.target === dialog && close());
        document.body.append(dialog);
        dialog.showModal();
    });
}

function form(onsubmit, ...children) {
    return h("form", { class: "dialog-form", onsubmit: (event) => { event.preventDefault(); onsubmit(); } }, ...children);
}

function actions(...buttons) {
    return h("div", { class: "dialog-actions" }, ...buttons);
}

/** Whether the reader wants it. */
export async function confirmAction(title, text, verb) {
    const answer = await showDialog(title, (close) => form(() => close(true),
        h("p", {}, text),
        actions(textButton("Cancel", () => close()), h("button", { type: "submit", class: "button is-danger", autofocus: true }, verb))));
    return answer === true;
}

/** A line of text, or `null`. */
export function askForText(title, label, value) {
    return showDialog(title, (close) => {
        const input = h("input", { type: "text", value, autofocus: true, maxlength: "200", autocomplete: "off" });
        queueMicrotask(() => input.select());
        return form(() => close(input.value),
            h("label", { class: "field" }, h("span", {}, label), input),
            actions(textButton("Cancel", () => close()), h("button", { type: "submit", class: "button is-primary" }, "Save")));
    });
}

/** Asks for the server's API key. Resolves to whether one was given. */
export async function askForKey(reason) {
    const answer = await showDialog("API key", (close) => {
        const input = h("input", { type: "password", value: key.value, autofocus: true, autocomplete: "off", spellcheck: "false" });
        const remembers = h("input", { type: "checkbox", checked: key.isRemembered });
        return form(() => {
            key.set(input.value.trim(), remembers.checked);
            close(Boolean(input.value.trim()));
        },
        h("p", {}, reason),
        h("label", { class: "field" }, h("span", {}, "Key"), input),
        h("label", { class: "check" }, remembers, h("span", {}, "Remember it in this browser")),
        h("p", { class: "hint" }, "Otherwise it is forgotten when this tab is closed. It is sent to this server alone."),
        actions(textButton("Cancel", () => close()), h("button", { type: "submit", class: "button is-primary" }, "Use key")));
    });
    return answer === true;
}

/** Lists what the keyboard does. `shortcuts` are `{ keys, label }`; `version` is a promise, since the list need not wait for it. */
export function showHelp(shortcuts, version) {
    const name = h("p", { class: "hint" }, "Ponder");
    version.then((text) => (name.textContent = `Ponder ${text}`));
    return showDialog("Keyboard and more", () => h("div", { class: "dialog-form" },
        h("dl", { class: "shortcuts" }, shortcuts.map(({ keys, label }) => h("div", {},
            h("dt", {}, label), h("dd", {}, keys.map((name) => h("kbd", {}, name)))))),
        h("p", { class: "hint" }, "Conversations stay in this browser. The server keeps none of them."),
        name));
}
