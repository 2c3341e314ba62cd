/** Lines over the last minutes. */
import { h, svgElement } from "./dom.js";
import { shortNumber } from "./format.js";

const [width, height] = [600, 120];

/** One or two lines that share a scale. */
export class LineChart {
    #svg = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", class: "chart", role: "img" });
    #top = h("span", { class: "chart-top" });
    #title;
    #capacity;
    element;

    /** `series` are `{ name, style }`; `capacity` is how many values the width holds. */
    constructor(title, series, capacity) {
        this.#title = title;
        this.#capacity = capacity;
        this.series = series;
        const legend = series.length > 1 && h("span", { class: "legend" }, series.map(({ name, style }) =>
            h("span", { class: `legend-item ${style}` }, name)));
        this.element = h("figure", { class: "panel chart-panel" }, h("figcaption", {}, h("h2", {}, title), legend),
            h("div", { class: "chart-frame" }, this.#svg, this.#top));
    }

    /** `rows` has the values of each series, oldest first. */
    update(rows) {
        const peak = Math.max(...rows.flat(), 0);
        const top = niceCeiling(peak);
        this.#top.textContent = shortNumber(top);
        this.#svg.replaceChildren(
            ...[0.25, 0.5, 0.75].map((part) => svgElement("line", {
                x1: 0, x2: width, y1: height * part, y2: height * part, class: "chart-grid", "vector-effect": "non-scaling-stroke",
            })),
            ...rows.flatMap((values, index) => this.#line(values, top, this.series[index].style)));
        const state = this.series.map(({ name }, index) => `${name} ${shortNumber(rows[index].at(-1) ?? 0)}`).join(", ");
        this.#svg.setAttribute("aria-label", `${this.#title}: now ${state}; at most ${shortNumber(peak)} in the time shown`);
    }

    #line(values, top, style) {
        if (values.length < 2) return [];
        const step = width / (this.#capacity - 1);
        const start = width - step * (values.length - 1);
        const points = values.map((value, index) =>
            `${(start + index * step).toFixed(1)},${(height - 2 - (value / top) * (height - 6)).toFixed(1)}`);
        return [
            svgElement("path", { d: `M${start.toFixed(1)},${height}L${points.join("L")}L${width},${height}Z`, class: `chart-area ${style}` }),
            svgElement("path", { d: `M${points.join("L")}`, class: `chart-line ${style}`, "vector-effect": "non-scaling-stroke" }),
        ];
    }
}

/** 1, 2 or 5 and zeros. */
function niceCeiling(value) {
    if (value <= 1) return 1;
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [1, 2, 5, 10].find((step) => step * power >= value);
}
