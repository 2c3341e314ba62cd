/** What the current conversation asks for beside its messages, and how the page behaves. */
import { announce, byId, h, iconButton, setAttribute, textButton } from "./dom.js";
import { defaultSettings, preferences, savePreferences } from "./preferences.js";
import { parseTools } from "./request-body.js";
import { session } from "./session.js";
import { setTheme } from "./theme.js";

/** `[name, label, field of /props, attributes]`. */
const numberFields = [
    ["temperature", "Temperature", "temperature", { min: 0, max: 2, step: 0.05 }],
    ["topP", "Top-p", "top_p", { min: 0, max: 1, step: 0.01 }],
    ["topK", "Top-k", "top_k", { min: 0, max: 1000, step: 1 }],
    ["minP", "Min-p", "min_p", { min: 0, max: 1, step: 0.01 }],
    ["presencePenalty", "Presence penalty", "presence_penalty", { min: -2, max: 2, step: 0.1 }],
    ["maximumTokens", "Maximum of tokens", null, { min: 1, step: 1 }],
    ["seed", "Seed", null, { min: 0, step: 1 }],
];

const exampleTools = [{
    type: "function",
    function: {
        name: "get_weather", description: "The weather at a place",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
}];

export class SettingsView {
    #element = byId("settings");
    #opener = null;
    #numbers = new Map();
    #systemPrompt = this.#area("systemPrompt", { rows: "4", placeholder: "None" });
    #stop = this.#area("stop", { rows: "2", placeholder: "One on each line", spellcheck: "false" });
    #toolsProblem = h("p", { class: "field-problem", id: "tools-problem", hidden: true });
    #tools = this.#area("tools", {
        rows: "5", placeholder: "A JSON list of functions", spellcheck: "false", class: "code-field", "aria-describedby": "tools-problem",
    });

    /** `actions` are `{ askForKey, exportAll, removeAll }`. */
    constructor(actions) {
        const fields = numberFields.map(([name, label, , attributes]) => {
            const input = h("input", { type: "number", inputmode: "decimal", ...attributes, oninput: () => this.#changeNumber(name) });
            this.#numbers.set(name, input);
            return h("label", { class: "number-field" }, h("span", {}, label), input);
        });
        this.#element.append(
            h("header", {}, h("h2", { id: "settings-heading", tabindex: "-1" }, "Settings"),
                iconButton("close", "Close settings", () => this.toggle())),
            h("div", { class: "settings-body" },
                h("p", { class: "hint" }, "Of this conversation. What is empty is left to the model."),
                field("System prompt", this.#systemPrompt),
                h("fieldset", {}, h("legend", {}, "Sampling"), fields, field("Stop at", this.#stop)),
                h("fieldset", {}, h("legend", {}, "Tools"), field("Functions that the model may call", this.#tools),
                    this.#toolsProblem, textButton("Insert an example", () => this.#insertExample())),
                h("div", { class: "button-row" },
                    textButton("Use for new conversations", () => this.#keepAsDefault()), textButton("Reset", () => this.#reset())),
                h("fieldset", {}, h("legend", {}, "This browser"), ...this.#browserFields(actions))));
        session.addEventListener("conversation", () => this.#show());
        session.addEventListener("models", () => this.#showDefaults());
    }

    toggle(opener = null) {
        this.#element.hidden = !this.#element.hidden;
        setAttribute(byId("settings-button"), "aria-expanded", String(!this.#element.hidden));
        if (this.#element.hidden) {
            (this.#opener ?? byId("settings-button")).focus();
        } else {
            this.#opener = opener;
            this.#show();
            byId("settings-heading").focus();
        }
    }

    #browserFields({ askForKey, exportAll, removeAll }) {
        const theme = h("select", { onchange: () => setTheme(theme.value) },
            [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]].map(([value, label]) =>
                h("option", { value, selected: preferences.theme === value }, label)));
        document.addEventListener("themechange", () => (theme.value = preferences.theme));
        return [
            h("label", { class: "number-field" }, h("span", {}, "Colours"), theme),
            preferenceCheck("sendsWithEnter", "Enter sends; Shift-Enter begins a line"),
            preferenceCheck("opensReasoning", "Show reasoning while it comes"),
            h("div", { class: "button-row" },
                textButton("API key…", askForKey, { iconName: "key" }),
                textButton("Export all", exportAll, { iconName: "download" }),
                textButton("Delete all…", removeAll, { iconName: "remove" })),
        ];
    }

    #area(name, attributes) {
        const area = h("textarea", { ...attributes, oninput: () => {
            session.changeSettings({ [name]: area.value });
            if (name === "tools") this.#checkTools();
        } });
        return area;
    }

    #changeNumber(name) {
        const input = this.#numbers.get(name);
        const isValid = input.checkValidity();
        setAttribute(input, "aria-invalid", !isValid && "true");
        if (isValid) session.changeSettings({ [name]: input.value === "" ? null : Number(input.value) });
    }

    #show() {
        const { settings } = session.current;
        this.#systemPrompt.value = settings.systemPrompt;
        this.#stop.value = settings.stop;
        this.#tools.value = settings.tools;
        for (const [name, input] of this.#numbers) input.value = settings[name] ?? "";
        this.#checkTools();
        this.#showDefaults();
    }

    /** What the model does by itself stands where nothing was entered. */
    async #showDefaults() {
        if (this.#element.hidden || !session.current.model) return;
        const defaults = await session.samplingDefaults();
        const values = session.current.settings.isThinking ? defaults.thinking : defaults.direct;
        for (const [name, , field] of numberFields) {
            const value = field === null ? undefined : values[field];
            this.#numbers.get(name).placeholder = value === undefined ? "Free" : String(Math.round(value * 1000) / 1000);
        }
    }

    #checkTools() {
        let problem = "";
        try {
            parseTools(this.#tools.value);
        } catch (error) {
            problem = error.message;
        }
        this.#toolsProblem.textContent = problem;
        this.#toolsProblem.hidden = !problem;
        setAttribute(this.#tools, "aria-invalid", Boolean(problem) && "true");
    }

    #insertExample() {
        this.#tools.value = JSON.stringify(exampleTools, null, 2);
        this.#tools.dispatchEvent(new Event("input"));
    }

    #keepAsDefault() {
        savePreferences({ settings: structuredClone(session.current.settings) });
        announce("New conversations begin with these settings.");
        session.notify("New conversations begin with these settings.");
    }

    #reset() {
        session.changeSettings(defaultSettings());
        this.#show();
        session.notify("The settings are the model's own again.");
    }
}

function field(label, control) {
    return h("label", { class: "field" }, h("span", {}, label), control);
}

function preferenceCheck(name, label) {
    const input = h("input", {
        type: "checkbox", checked: preferences[name], onchange: () => savePreferences({ [name]: input.checked }),
    });
    return h("label", { class: "check" }, input, h("span", {}, label));
}
