/** Which experts work: a cell for each expert of each layer, warmer the more of the layer's tokens went to it. */
import { announce, h } from "./dom.js";
import { count, percent } from "./format.js";

const margin = { left: 34, top: 4, bottom: 22 };
/** Cells are never drawn as if twice an even share were much. */
const leastScale = 2;

export class HeatMap {
    #canvas = h("canvas", { class: "heat-canvas", tabindex: "0", role: "img" });
    #readout = h("p", { class: "heat-readout" });
    #least = h("span", {}, "idle");
    #most = h("span", {});
    element = h("div", { class: "heat-map" }, this.#canvas,
        h("div", { class: "heat-foot" }, this.#readout,
            h("div", { class: "heat-scale", "aria-hidden": "true" }, this.#least, h("span", { class: "heat-ramp" }), this.#most)));
    /** `[{ layer, tokens }]`, tokens by expert. */
    #layers = [];
    #selection = null;
    #scale = leastScale;

    constructor() {
        this.#canvas.addEventListener("pointermove", (event) => this.#select(this.#cellAt(event)));
        this.#canvas.addEventListener("pointerleave", () => this.#select(null));
        this.#canvas.addEventListener("keydown", (event) => this.#pressed(event));
        this.#canvas.addEventListener("blur", () => this.#select(null));
        new ResizeObserver(() => this.#draw()).observe(this.element);
        document.addEventListener("themechange", () => this.#draw());
    }

    update(layers) {
        this.#layers = layers;
        this.#scale = Math.max(leastScale, ...layers.map((layer) => Math.max(...layer.tokens) / evenShare(layer)).filter(Number.isFinite));
        this.#most.textContent = `${this.#scale.toFixed(1)}× an even share`;
        this.#canvas.setAttribute("aria-label", this.#summary());
        this.#draw();
        this.#showReadout();
    }

    get #columnCount() {
        return this.#layers[0]?.tokens.length ?? 0;
    }

    #summary() {
        const cells = this.#layers.flatMap(({ layer, tokens }) =>
            tokens.map((value, expert) => ({ layer, expert, value, share: value / Math.max(1, total(tokens)) })));
        const busiest = cells.reduce((best, cell) => (cell.share > (best?.share ?? 0) ? cell : best), null);
        const size = `${count(this.#layers.length, "layer")} of ${count(this.#columnCount, "expert")}.`;
        const place = busiest ? `The busiest is expert ${busiest.expert} of layer ${busiest.layer}, with ${percent(busiest.share)}.` : "";
        return `Use of experts: ${size} ${place} Arrow keys read single experts.`;
    }

    #draw() {
        const width = this.element.clientWidth;
        if (width === 0 || this.#columnCount === 0) return;
        const cellHeight = Math.min(30, Math.max(6, Math.round(220 / this.#layers.length)));
        const height = margin.top + cellHeight * this.#layers.length + margin.bottom;
        const ratio = devicePixelRatio || 1;
        this.#canvas.width = Math.round(width * ratio);
        this.#canvas.height = Math.round(height * ratio);
        this.#canvas.style.height = `${height}px`;
        const context = this.#canvas.getContext("2d");
        context.scale(ratio, ratio);
        const style = getComputedStyle(this.#canvas);
        const ramp = [0, 1, 2, 3, 4].map((step) => channels(style.getPropertyValue(`--heat-${step}`)));
        const cellWidth = (width - margin.left) / this.#columnCount;
        const gap = cellWidth > 8 && cellHeight > 8 ? 2 : 0;
        this.#layers.forEach(({ tokens }, row) => {
            const even = evenShare({ tokens });
            tokens.forEach((value, column) => {
                context.fillStyle = colour(ramp, even > 0 ? value / even / this.#scale : 0);
                context.beginPath();
                context.roundRect(margin.left + column * cellWidth, margin.top + row * cellHeight, cellWidth - gap, cellHeight - gap, gap);
                context.fill();
            });
        });
        this.#drawLabels(context, style, { cellWidth, cellHeight });
        if (this.#selection) this.#drawSelection(context, style, { cellWidth, cellHeight, gap });
    }

    #drawLabels(context, style, { cellWidth, cellHeight }) {
        context.fillStyle = style.getPropertyValue("--ink-soft");
        context.font = `11px ${style.fontFamily}`;
        context.textBaseline = "middle";
        context.textAlign = "right";
        const rowStep = Math.ceil(16 / cellHeight);
        this.#layers.forEach(({ layer }, row) => {
            if (row % rowStep === 0) context.fillText(String(layer), margin.left - 8, margin.top + (row + 0.5) * cellHeight);
        });
        context.textAlign = "center";
        const columnStep = [1, 2, 4, 8, 16, 32, 64].find((step) => step * cellWidth >= 26) ?? 64;
        const base = margin.top + this.#layers.length * cellHeight + margin.bottom / 2 + 2;
        for (let column = 0; column < this.#columnCount; column += columnStep) {
            context.fillText(String(column), margin.left + (column + 0.5) * cellWidth, base);
        }
    }

    #drawSelection(context, style, { cellWidth, cellHeight, gap }) {
        const { row, column } = this.#selection;
        context.strokeStyle = style.getPropertyValue("--ink");
        context.lineWidth = 2;
        context.strokeRect(margin.left + column * cellWidth + 1, margin.top + row * cellHeight + 1,
            Math.max(2, cellWidth - gap - 2), Math.max(2, cellHeight - gap - 2));
    }

    #cellAt({ offsetX, offsetY }) {
        const cellWidth = (this.#canvas.clientWidth - margin.left) / this.#columnCount;
        const cellHeight = (this.#canvas.clientHeight - margin.top - margin.bottom) / this.#layers.length;
        const column = Math.floor((offsetX - margin.left) / cellWidth);
        const row = Math.floor((offsetY - margin.top) / cellHeight);
        const isInside = column >= 0 && column < this.#columnCount && row >= 0 && row < this.#layers.length;
        return isInside ? { row, column } : null;
    }

    #pressed(event) {
        const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
        if (!steps[event.key] || this.#columnCount === 0) return;
        event.preventDefault();
        const { row, column } = this.#selection ?? { row: 0, column: 0 };
        const [down, right] = this.#selection ? steps[event.key] : [0, 0];
        this.#select({
            row: Math.min(Math.max(row + down, 0), this.#layers.length - 1),
            column: Math.min(Math.max(column + right, 0), this.#columnCount - 1),
        });
        announce(this.#readout.textContent);
    }

    #select(cell) {
        this.#selection = cell;
        this.#draw();
        this.#showReadout();
    }

    #showReadout() {
        const layer = this.#layers[this.#selection?.row];
        if (!layer) {
            this.#readout.textContent = "Rows are layers, columns experts.";
            return;
        }
        const value = layer.tokens[this.#selection.column];
        const share = value / Math.max(1, total(layer.tokens));
        this.#readout.textContent =
            `Layer ${layer.layer}, expert ${this.#selection.column}: ${count(value, "token")}, ${percent(share)} of the layer`;
    }
}

function total(tokens) {
    return tokens.reduce((sum, value) => sum + value, 0);
}

function evenShare({ tokens }) {
    return total(tokens) / tokens.length;
}

function channels(text) {
    return [1, 3, 5].map((place) => Number.parseInt(text.trim().slice(place, place + 2), 16));
}

function colour(ramp, value) {
    const place = Math.min(1, Math.max(0, value)) * (ramp.length - 1);
    const low = Math.min(Math.floor(place), ramp.length - 2);
    const mixed = ramp[low].map((channel, index) => Math.round(channel + (ramp[low + 1][index] - channel) * (place - low)));
    return `rgb(${mixed.join(" ")})`;
}
