/** The bar above the views: which model, how full its context is, and where else to go. */
import { shownPath } from "./conversation.js";
import { byId, h, icon, iconButton, paced, setAttribute } from "./dom.js";
import { number, percent } from "./format.js";
import { isLoaded, session } from "./session.js";

export class TopBar {
    #picker = h("select", { class: "model-picker", "aria-label": "Model", onchange: () => session.chooseModel(this.#picker.value) });
    #meter = h("div", { class: "meter", role: "meter", "aria-label": "Context used", "aria-valuemin": "0", hidden: true },
        h("span", { class: "meter-track", "aria-hidden": "true" }, h("span", {})), h("span", { class: "meter-text", "aria-hidden": "true" }));
    #tabs;

    /** `actions` are `{ toggleSidebar, toggleSettings, showView }`. */
    constructor({ toggleSidebar, toggleSettings, showView }) {
        const tab = (view, label, iconName) => h("button", {
            type: "button", class: "view-button", "data-view": view, onclick: () => showView(view), title: label,
        }, icon(iconName), h("span", {}, label));
        this.#tabs = h("div", { class: "view-buttons", role: "group", "aria-label": "View" },
            tab("chat", "Chat", "chat"), tab("operator", "Operator", "chart"));
        byId("top").append(
            iconButton("menu", "Conversations", () => toggleSidebar(byId("menu-button")),
                { id: "menu-button", "aria-controls": "sidebar", "aria-expanded": "true" }),
            h("div", { class: "picker-frame" }, this.#picker, icon("chevron")), this.#meter, h("span", { class: "spacer" }), this.#tabs,
            iconButton("settings", "Settings", () => toggleSettings(byId("settings-button")),
                { id: "settings-button", "aria-controls": "settings", "aria-expanded": "false" }));
        session.addEventListener("models", () => this.#showModels());
        const showContext = paced(() => this.#showContext());
        for (const name of ["models", "conversation", "reply"]) session.addEventListener(name, showContext);
    }

    markView(view) {
        for (const button of this.#tabs.children) setAttribute(button, "aria-pressed", String(button.dataset.view === view));
    }

    #showModels() {
        const options = session.models.map((model) => {
            const state = isLoaded(model) ? "" : ` (${model.status?.failed ? "failed" : model.status?.value === "loading" ? "loading" : "on demand"})`;
            return h("option", { value: model.id }, `${model.id}${state}`);
        });
        this.#picker.replaceChildren(...(options.length > 0 ? options : [h("option", { value: "" }, "No model")]));
        this.#picker.disabled = options.length === 0;
        this.#picker.value = session.model?.id ?? "";
    }

    /** By what the last reply used: the prompt and itself. */
    #showContext() {
        const limit = session.model?.max_model_len;
        const last = shownPath(session.current).findLast(({ message }) => message.statistics?.promptTokens);
        this.#meter.hidden = !limit || !last;
        if (this.#meter.hidden) return;
        const { promptTokens, replyTokens = 0 } = last.message.statistics;
        const used = promptTokens + replyTokens;
        const [track, text] = this.#meter.children;
        track.firstChild.style.width = percent(Math.min(1, used / limit));
        text.textContent = `${number(used)} / ${number(limit)}`;
        setAttribute(this.#meter, "aria-valuemax", limit);
        setAttribute(this.#meter, "aria-valuenow", Math.min(used, limit));
        setAttribute(this.#meter, "aria-valuetext", `${number(used)} of ${number(limit)} tokens`);
        setAttribute(this.#meter, "title", `Context: ${number(used)} of ${number(limit)} tokens`);
        this.#meter.classList.toggle("is-nearly-full", used / limit > 0.85);
    }
}
