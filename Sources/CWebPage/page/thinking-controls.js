/** Whether the model thinks, and how much at most. */
import { h, icon, setAttribute } from "./dom.js";
import { tokenBudget } from "./format.js";
import { budgetSteps } from "./preferences.js";
import { thinkingMode } from "./request-body.js";
import { session } from "./session.js";

export class ThinkingControls {
    #switch = h("button", {
        type: "button", class: "think-switch", role: "switch", "aria-checked": "true", onclick: () => this.toggle(),
    }, icon("think"), h("span", {}, "Thinking"));
    #slider = h("input", {
        type: "range", min: "0", step: "1", "aria-label": "Thinking budget", oninput: () => this.#choose(),
    });
    #value = h("span", { class: "budget-value", "aria-hidden": "true" });
    #budget = h("div", { class: "budget" }, h("span", { class: "budget-name", "aria-hidden": "true" }, "Budget"), this.#slider, this.#value);
    element = h("div", { class: "thinking-controls", role: "group", "aria-label": "Thinking" }, this.#switch, this.#budget);

    constructor() {
        for (const name of ["models", "conversation"]) session.addEventListener(name, () => this.update());
    }

    toggle() {
        if (thinkingMode(session.model) !== "hybrid") return;
        session.changeSettings({ isThinking: !session.current.settings.isThinking });
        this.update();
    }

    update() {
        const mode = thinkingMode(session.model);
        const { isThinking, thinkingBudget } = session.current.settings;
        const thinks = mode === "hybrid" ? isThinking : mode !== "never";
        setAttribute(this.#switch, "aria-checked", String(thinks));
        setAttribute(this.#switch, "aria-disabled", mode !== "hybrid" && "true");
        setAttribute(this.#switch, "title", {
            hybrid: "Whether the model thinks before it answers", always: "This model always thinks", never: "This model does not think",
            automatic: "This model decides whether it thinks",
        }[mode]);
        this.#budget.hidden = !thinks;
        const steps = this.#steps;
        this.#slider.max = String(steps.length - 1);
        const place = steps.findIndex((step) => step === null || (thinkingBudget !== null && step >= thinkingBudget));
        this.#slider.value = String(place);
        this.#show(steps[place]);
    }

    /** Only budgets that the model's context can hold. */
    get #steps() {
        const limit = session.model?.max_model_len ?? Infinity;
        return budgetSteps.filter((step) => step === null || step < limit);
    }

    #choose() {
        const budget = this.#steps[Number(this.#slider.value)];
        session.changeSettings({ thinkingBudget: budget });
        this.#show(budget);
    }

    #show(budget) {
        const text = budget === null ? "no limit" : tokenBudget(budget);
        this.#value.textContent = text;
        setAttribute(this.#slider, "aria-valuetext", budget === null ? text : `${budget} tokens`);
    }
}
