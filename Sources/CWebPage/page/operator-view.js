/** For whoever runs the server: what it does now, how fast, with how much memory, and which experts work. */
import { LineChart } from "./charts.js";
import { confirmAction } from "./dialogs.js";
import { byId, h, icon, textButton } from "./dom.js";
import { bytes, duration, number, percent, shortDuration, shortNumber } from "./format.js";
import { HeatMap } from "./heat-map.js";
import { Metrics } from "./prometheus.js";
import { controlModel, expertUse, metricsText } from "./server.js";
import { session } from "./session.js";

const interval = 1000;
/** How many values the charts show. */
const capacity = 120;
/** The choices of how far the heat map looks back, in seconds; `Infinity` is since the model was loaded. */
const spans = [[10, "last 10 seconds"], [60, "last minute"], [Infinity, "since the model was loaded"]];

export class OperatorView {
    #element = byId("operator-view");
    #timer = null;
    #controller = null;
    /** `{ time, metrics, experts }`, oldest first. */
    #history = [];
    #problem = h("div", { class: "problem", role: "alert", hidden: true });
    #cards = h("dl", { class: "cards" });
    #speed = new LineChart("Tokens a second", [{ name: "tokens", style: "first" }], capacity);
    #requests = new LineChart("Requests", [{ name: "running", style: "first" }, { name: "waiting", style: "second" }], capacity);
    #heatMap = new HeatMap();
    #heatModel = h("select", { "aria-label": "Model of the heat map", onchange: () => this.#showExperts() });
    #heatSpan = h("select", { "aria-label": "Time of the heat map", onchange: () => this.#showExperts() },
        spans.map(([seconds, label], index) => h("option", { value: String(index), selected: seconds === Infinity }, label)));
    #heatNote = h("p", { class: "hint" });
    #layers = h("tbody");
    #latency = h("tbody");
    #models = h("tbody");

    constructor() {
        this.#element.append(
            h("h1", { id: "operator-heading" }, "Operator"), this.#problem, this.#cards,
            h("div", { class: "panels" }, this.#speed.element, this.#requests.element),
            h("section", { class: "panel", "aria-labelledby": "experts-heading" },
                h("div", { class: "panel-head" }, h("h2", { id: "experts-heading" }, "Experts at work"), this.#heatModel, this.#heatSpan),
                this.#heatNote, this.#heatMap.element,
                h("details", { class: "layers-table" }, h("summary", {}, "Layers as a table"),
                    table("Use of experts by layer", ["Layer", "Tokens", "Busiest expert", "Its share", "Experts unused"], this.#layers))),
            h("div", { class: "panels" },
                h("section", { class: "panel" }, h("h2", {}, "Times since the start"),
                    table("Times", ["", "Half within", "95% within"], this.#latency)),
                h("section", { class: "panel" }, h("h2", {}, "Models"),
                    table("Models", ["Model", "State", "Size", "Context", ""], this.#models))));
        document.addEventListener("visibilitychange", () => this.#schedule());
        session.addEventListener("models", () => this.#showModels());
    }

    get isShown() {
        return !this.#element.hidden;
    }

    /** Asks the server once a second while the view is in sight. */
    show(isShown) {
        this.#element.hidden = !isShown;
        if (isShown) session.refreshModels();
        this.#schedule();
    }

    #schedule() {
        clearTimeout(this.#timer);
        this.#controller?.abort();
        if (this.isShown && !document.hidden) this.#poll();
    }

    async #poll() {
        this.#controller = new AbortController();
        const { signal } = this.#controller;
        let problem = null;
        let answers = null;
        try {
            answers = await Promise.all([metricsText(signal), expertUse(signal)]);
        } catch (error) {
            if (error.name === "AbortError") return;
            problem = error;
        }
        this.#problem.hidden = !problem;
        if (problem) this.#problem.replaceChildren(icon("warning"), h("p", {}, problem.message));
        // A key that may not watch will not be allowed to in a second either.
        if (problem?.status !== 401 && problem?.status !== 403) this.#timer = setTimeout(() => this.#poll(), interval);
        if (answers) this.#take({ time: performance.now() / 1000, metrics: new Metrics(answers[0]), experts: answers[1] });
    }

    #take(sample) {
        this.#history.push(sample);
        if (this.#history.length > capacity + 1) this.#history.shift();
        this.#showCards();
        this.#showCharts();
        this.#showExperts();
        this.#showLatency();
    }

    #showCards() {
        const { metrics } = this.#history.at(-1);
        const [queries, hits] = ["queries", "hits"].map((name) => metrics.sum(`ponder_prefix_cache_${name}_total`));
        const usage = metrics.largest("ponder_kv_cache_usage_ratio");
        const started = metrics.sum("process_start_time_seconds");
        this.#cards.replaceChildren(
            card("Running", number(metrics.sum("ponder_requests_running")), `${number(metrics.sum("ponder_requests_waiting"))} waiting`),
            card("Tokens a second", shortNumber(this.#speeds().at(-1) ?? 0),
                `${shortNumber(metrics.sum("ponder_generation_tokens_total"))} in all`),
            card("KV cache", percent(usage), `${shortNumber(metrics.sum("ponder_kv_cache_tokens"))} tokens held`, usage),
            card("Prefix cache", queries > 0 ? percent(hits / queries) : "–", "of prompts found", queries > 0 ? hits / queries : 0),
            card("Replies", shortNumber(metrics.sum("ponder_requests_finished_total")),
                `${number(metrics.sum("ponder_rejected_total"))} requests refused`),
            card("Memory", bytes(metrics.sum("process_resident_memory_bytes")),
                started > 0 ? `up for ${duration(Math.max(0, Date.now() / 1000 - started))}` : ""));
    }

    /** Tokens generated a second between each two samples. */
    #speeds() {
        return this.#history.slice(1).map((sample, index) => {
            const before = this.#history[index];
            const growth = sample.metrics.sum("ponder_generation_tokens_total") - before.metrics.sum("ponder_generation_tokens_total");
            return Math.max(0, growth) / Math.max(0.1, sample.time - before.time);
        });
    }

    #showCharts() {
        const recent = this.#history.slice(-capacity);
        this.#speed.update([this.#speeds()]);
        this.#requests.update(["running", "waiting"].map((state) =>
            recent.map(({ metrics }) => metrics.sum(`ponder_requests_${state}`))));
    }

    #showExperts() {
        const latest = this.#history.at(-1);
        if (!latest) return;
        const names = latest.experts.filter(({ layers }) => layers.length > 0).map(({ model }) => model);
        if (names.join("\n") !== [...this.#heatModel.options].map(({ value }) => value).join("\n")) {
            this.#heatModel.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
        }
        const model = latest.experts.find((one) => one.model === this.#heatModel.value);
        for (const element of [this.#heatModel, this.#heatSpan, this.#heatMap.element]) element.hidden = !model;
        const layers = model ? this.#layersSince(latest, model) : [];
        const isIdle = layers.every(({ tokens }) => tokens.every((value) => value === 0));
        this.#heatNote.hidden = Boolean(model) && !isIdle;
        this.#heatNote.textContent = model
            ? "No token went through this model in that time."
            : "No model with experts is in memory: the heat map is for mixtures of experts.";
        if (model) this.#heatMap.update(layers);
        this.#layers.replaceChildren(...layers.map(renderLayer));
    }

    /** What was counted in the time that was chosen. A model that was loaded anew begins at 0 again. */
    #layersSince(latest, model) {
        const [seconds] = spans[Number(this.#heatSpan.value)];
        const before = Number.isFinite(seconds) && this.#history.find(({ time }) => time >= latest.time - seconds - interval / 2000);
        const earlier = before ? before.experts.find((one) => one.model === model.model) : null;
        return model.layers.map(({ layer, tokens }, index) => {
            const old = earlier?.layers[index]?.tokens ?? [];
            const isFresh = tokens.some((value, expert) => value < (old[expert] ?? 0));
            return { layer, tokens: isFresh ? tokens : tokens.map((value, expert) => value - (old[expert] ?? 0)) };
        });
    }

    #showLatency() {
        const { metrics } = this.#history.at(-1);
        const rows = [
            ["To the first token", "ponder_time_to_first_token_seconds"], ["From token to token", "ponder_inter_token_latency_seconds"],
            ["In the queue", "ponder_queue_time_seconds"], ["Whole reply", "ponder_request_seconds"], ["Engine's step", "ponder_step_seconds"],
        ];
        this.#latency.replaceChildren(...rows.map(([label, name]) => h("tr", {}, h("th", { scope: "row" }, label),
            [0.5, 0.95].map((quantile) => h("td", {}, shortDuration(metrics.quantile(name, quantile)))))));
    }

    #showModels() {
        this.#models.replaceChildren(...session.models.map((model) => {
            const state = model.status?.failed ? "failed" : model.status?.value ?? "";
            const isLoaded = state === "loaded";
            return h("tr", {}, h("th", { scope: "row" }, model.id), h("td", { title: model.status?.message }, state),
                h("td", {}, model.parameter_count ? `${shortNumber(model.parameter_count)} ${model.quantization ?? ""}` : "–"),
                h("td", {}, model.max_model_len ? number(model.max_model_len) : "–"),
                h("td", {}, state !== "loading" && textButton(isLoaded ? "Unload" : "Load", () => this.#control(model, isLoaded), {
                    class: "button is-small", "aria-label": `${isLoaded ? "Unload" : "Load"} ${model.id}`,
                })));
        }));
    }

    async #control({ id }, isLoaded) {
        if (isLoaded && !await confirmAction(`Unload ${id}?`, "Its running replies end first. A request loads it again.", "Unload")) return;
        try {
            await controlModel(isLoaded ? "unload" : "load", id);
        } catch (problem) {
            session.notify(problem.message);
        }
        session.refreshModels();
    }
}

function card(label, value, note, ratio = null) {
    const bar = ratio !== null && h("span", { class: "card-bar", "aria-hidden": "true" }, h("span", {}));
    if (bar) bar.firstChild.style.width = `${Math.min(100, ratio * 100)}%`;
    return h("div", { class: "card" }, h("dt", {}, label), h("dd", { class: "card-value" }, value), h("dd", { class: "card-note" }, note), bar);
}

function renderLayer({ layer, tokens }) {
    const sum = tokens.reduce((total, value) => total + value, 0);
    const most = Math.max(...tokens);
    return h("tr", {}, h("th", { scope: "row" }, String(layer)), h("td", {}, number(sum)),
        h("td", {}, sum > 0 ? String(tokens.indexOf(most)) : "–"), h("td", {}, sum > 0 ? percent(most / sum) : "–"),
        h("td", {}, String(tokens.filter((value) => value === 0).length)));
}

function table(name, heads, body) {
    return h("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": name },
        h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => head ? h("th", { scope: "col" }, head) : h("td")))), body));
}
