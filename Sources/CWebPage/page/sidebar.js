/** The conversations that the browser keeps: by day, searched, renamed, removed, taken out and in. */
import { exportText, matches } from "./conversation.js";
import { askForText, confirmAction } from "./dialogs.js";
import { announce, byId, h, icon, iconButton, saveFile, setAttribute, textButton } from "./dom.js";
import { count, dayLabel } from "./format.js";
import { preferences, savePreferences } from "./preferences.js";
import { session } from "./session.js";

/** Below this width the sidebar lies above the page. */
const narrow = matchMedia("(max-width: 860px)");

export class Sidebar {
    #element = byId("sidebar");
    #scrim = byId("scrim");
    #list = h("div", { class: "conversation-list" });
    #search = h("input", {
        type: "search", placeholder: "Search", "aria-label": "Search conversations", autocomplete: "off", oninput: () => this.#show(true),
    });
    #file = h("input", { type: "file", accept: "application/json,.json", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
    #opener = null;

    constructor(footButtons) {
        this.#element.append(
            h("div", { class: "sidebar-head" }, h("span", { class: "brand" }, brandMark(), "Ponder"),
                iconButton("close", "Hide conversations", () => this.toggle(), { class: "icon-button sidebar-close" })),
            textButton("New conversation", () => this.#begin(), { iconName: "add", class: "button new-button" }),
            h("div", { class: "search" }, icon("search"), this.#search),
            this.#list,
            h("div", { class: "sidebar-foot" },
                iconButton("download", "Export all conversations", () => this.exportAll()),
                iconButton("upload", "Import conversations", () => this.#file.click()), this.#file,
                h("span", { class: "spacer" }), ...footButtons));
        this.#file.addEventListener("change", () => this.#takeIn());
        this.#scrim.addEventListener("click", () => this.toggle());
        this.#element.addEventListener("keydown", (event) => {
            if (event.key !== "Escape" || !narrow.matches) return;
            event.preventDefault();
            this.toggle();
        });
        narrow.addEventListener("change", () => this.#place(!narrow.matches && !preferences.hidesSidebar));
        this.#place(!narrow.matches && !preferences.hidesSidebar);
        for (const name of ["conversations", "conversation"]) session.addEventListener(name, () => this.#show());
    }

    focusSearch() {
        if (this.#element.hidden) this.toggle();
        this.#search.focus();
        this.#search.select();
    }

    /** Hidden becomes shown and the other way round; the focus comes along. */
    toggle(opener = null) {
        const shows = this.#element.hidden;
        this.#place(shows);
        if (!narrow.matches) savePreferences({ hidesSidebar: !shows });
        if (shows) {
            this.#opener = opener ?? document.activeElement;
            this.#element.querySelector(narrow.matches ? "button" : ".new-button").focus();
        } else {
            (this.#opener?.isConnected ? this.#opener : byId("menu-button")).focus();
        }
    }

    exportAll() {
        saveFile("ponder-conversations.json", exportText(session.conversations), "application/json");
        announce(`${count(session.conversations.length, "conversation")} exported.`);
    }

    async removeAll() {
        const text = `${count(session.conversations.length, "conversation")} will be gone for good, unless exported before.`;
        if (await confirmAction("Delete all conversations?", text, "Delete all")) session.removeAll();
    }

    #place(shows) {
        this.#element.hidden = !shows;
        this.#scrim.hidden = !shows || !narrow.matches;
        const button = byId("menu-button");
        if (button) setAttribute(button, "aria-expanded", String(shows));
    }

    #begin() {
        session.begin();
        this.#leaveIfAbove();
        byId("composer-text").focus();
    }

    #leaveIfAbove() {
        if (narrow.matches && !this.#element.hidden) this.#place(false);
    }

    #show(saysCount = false) {
        const words = this.#search.value.trim();
        const found = words ? session.conversations.filter((one) => matches(one, words)) : session.conversations;
        const days = Map.groupBy ? Map.groupBy(found, ({ updated }) => dayLabel(updated)) : groupByDay(found);
        const focused = document.activeElement?.closest?.("[data-conversation]")?.dataset.conversation;
        const focusedLabel = document.activeElement?.getAttribute?.("aria-label");
        this.#list.replaceChildren(...[...days].map(([day, conversations]) =>
            h("section", { "aria-label": day }, h("h2", {}, day), h("ul", {}, conversations.map((one) => this.#entry(one))))));
        if (found.length === 0) {
            this.#list.append(h("p", { class: "hint" }, words ? "Nothing found." : "Conversations stay in this browser."));
        }
        if (saysCount && words) announce(`${count(found.length, "conversation")} found.`);
        if (focused) {
            const entry = this.#list.querySelector(`[data-conversation="${focused}"]`);
            [...(entry?.querySelectorAll("button") ?? [])].find((button) => button.getAttribute("aria-label") === focusedLabel)?.focus();
        }
    }

    #entry(conversation) {
        const { id, title } = conversation;
        const name = title || "Untitled";
        const isCurrent = id === session.current.id;
        const isRunning = [...session.replies.keys()].some((node) => conversation.nodes[node]);
        return h("li", { class: isCurrent && "is-current", "data-conversation": id },
            h("button", {
                type: "button", class: "conversation-button", "aria-current": isCurrent && "true", title: name,
                onclick: () => { session.open(id); this.#leaveIfAbove(); },
            }, isRunning && h("span", { class: "wait-dot", role: "img", "aria-label": "A reply comes" }), h("span", {}, name)),
            h("div", { class: "entry-actions" },
                iconButton("edit", `Rename ${name}`, () => this.#rename(conversation)),
                iconButton("download", `Export ${name}`, () =>
                    saveFile(`${fileName(name)}.json`, exportText([conversation]), "application/json")),
                iconButton("remove", `Delete ${name}`, () => this.#remove(conversation))));
    }

    async #rename({ id, title }) {
        const text = await askForText("Rename conversation", "Name", title);
        if (text !== null) session.rename(id, text);
    }

    async #remove({ id, title }) {
        if (!await confirmAction("Delete this conversation?", `“${title || "Untitled"}” will be gone for good.`, "Delete")) return;
        await session.remove(id);
        announce("Deleted.");
        byId("composer-text").focus();
    }

    async #takeIn() {
        const [file] = this.#file.files;
        if (!file) return;
        try {
            session.notify(`${count(session.importConversations(await file.text()), "conversation")} imported.`);
        } catch (error) {
            session.notify(`${file.name}: ${error.message}`);
        }
        this.#file.value = "";
    }
}

function groupByDay(conversations) {
    const days = new Map();
    for (const one of conversations) {
        const day = dayLabel(one.updated);
        days.set(day, [...(days.get(day) ?? []), one]);
    }
    return days;
}

function fileName(title) {
    return title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-+|-+$/g, "").slice(0, 50) || "conversation";
}

function brandMark() {
    return h("span", { class: "brand-mark", "aria-hidden": "true" });
}
