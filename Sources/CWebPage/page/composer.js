/** Where the reader writes: a field that grows, attached files, thinking, and a button that sends or stops. */
import { byId, h, icon, iconButton, setAttribute } from "./dom.js";
import { bytes } from "./format.js";
import { preferences } from "./preferences.js";
import { session } from "./session.js";

const largestFile = 2 << 20;

export class Composer {
    #field = h("textarea", { id: "composer-text", rows: "1", placeholder: "Ask something", "aria-label": "Message" });
    #chips = h("ul", { class: "chips", "aria-label": "Attached files", hidden: true });
    #files = h("input", { type: "file", multiple: true, class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
    #send = h("button", { type: "submit", class: "send-button", "aria-label": "Send", title: "Send" });
    #attachments = [];
    #showsStop = null;

    constructor(thinkingControls) {
        const attach = iconButton("attach", "Attach a text file", () => this.#files.click());
        const form = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.#sendOrStop(); } },
            this.#chips, this.#field,
            h("div", { class: "composer-row" }, attach, thinkingControls.element, h("span", { class: "spacer" }), this.#send), this.#files);
        byId("composer-area").append(form, h("p", { class: "composer-note" }, "Models make mistakes. Check what matters."));
        this.#field.addEventListener("input", () => this.#fit());
        this.#field.addEventListener("keydown", (event) => this.#pressed(event));
        this.#files.addEventListener("change", () => this.#attach(this.#files.files));
        this.#acceptDrops(byId("chat-view"));
        session.addEventListener("conversation", () => this.#refresh());
        session.addEventListener("reply", ({ detail }) => detail.reply.isRunning || this.#refresh());
        this.#refresh();
    }

    focus() {
        this.#field.focus();
    }

    #refresh() {
        const isRunning = Boolean(session.running);
        if (isRunning === this.#showsStop) return;
        this.#showsStop = isRunning;
        this.#send.replaceChildren(icon(isRunning ? "stop" : "send"));
        for (const name of ["aria-label", "title"]) setAttribute(this.#send, name, isRunning ? "Stop" : "Send");
        this.#send.classList.toggle("is-stop", isRunning);
    }

    #pressed(event) {
        if (event.key !== "Enter" || event.isComposing || event.shiftKey) return;
        if (!preferences.sendsWithEnter && !event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        if (!session.running) this.#sendOrStop();
    }

    #sendOrStop() {
        if (session.running) {
            session.stop();
            return;
        }
        const text = this.#field.value.trim();
        if (!text && this.#attachments.length === 0) return;
        const attachments = this.#attachments;
        this.#attachments = [];
        this.#field.value = "";
        this.#showChips();
        this.#fit();
        session.send(text, attachments);
    }

    /** As high as its text, within what the style allows. */
    #fit() {
        this.#field.style.height = "auto";
        this.#field.style.height = `${this.#field.scrollHeight}px`;
    }

    async #attach(files) {
        for (const file of [...files]) {
            if (file.size > largestFile) {
                session.notify(`${file.name} is too large: up to ${bytes(largestFile)} of text can be attached.`);
                continue;
            }
            const text = await file.text();
            if (text.includes("\0") || text.includes("\uFFFD")) session.notify(`${file.name} is not a text file.`);
            else this.#attachments.push({ name: file.name, text });
        }
        this.#files.value = "";
        this.#showChips();
        this.focus();
    }

    #showChips() {
        this.#chips.hidden = this.#attachments.length === 0;
        this.#chips.replaceChildren(...this.#attachments.map((file) => h("li", { class: "chip" }, icon("attach"),
            h("span", {}, file.name), h("span", { class: "chip-size" }, bytes(file.text.length)),
            iconButton("close", `Remove ${file.name}`, () => {
                this.#attachments = this.#attachments.filter((other) => other !== file);
                this.#showChips();
                this.focus();
            }))));
    }

    #acceptDrops(area) {
        const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
        area.addEventListener("dragover", (event) => {
            if (!carriesFiles(event)) return;
            event.preventDefault();
            area.classList.add("is-drop-target");
        });
        area.addEventListener("dragleave", () => area.classList.remove("is-drop-target"));
        area.addEventListener("drop", (event) => {
            area.classList.remove("is-drop-target");
            if (!carriesFiles(event)) return;
            event.preventDefault();
            this.#attach(event.dataTransfer.files);
        });
    }
}
