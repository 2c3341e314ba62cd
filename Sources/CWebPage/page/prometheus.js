/** Prometheus' text form, read into something that can be asked. */

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export class Metrics {
    #samples = new Map();

    constructor(text) {
        for (const line of text.split("\n")) {
            const match = line.startsWith("#") ? null : sampleLine.exec(line);
            if (!match) continue;
            const labels = Object.fromEntries([...(match[2] ?? "").matchAll(label)].map(([, name, value]) =>
                [name, value.replaceAll(/\\(.)/g, (_, sign) => (sign === "n" ? "\n" : sign))]));
            const value = match[3] === "+Inf" ? Infinity : Number(match[3]);
            this.#samples.set(match[1], [...(this.#samples.get(match[1]) ?? []), { labels, value }]);
        }
    }

    /** The sum of a metric's samples, of those alone that have the labels. */
    sum(name, labels = {}) {
        return this.#matching(name, labels).reduce((sum, { value }) => sum + value, 0);
    }

    /** The largest of them; 0 where there is none. */
    largest(name, labels = {}) {
        return Math.max(0, ...this.#matching(name, labels).map(({ value }) => value));
    }

    /**
     * A quantile of a histogram, as Prometheus' `histogram_quantile` finds it: evenly spread within its bucket. `null` where nothing
     * was observed.
     */
    quantile(name, quantile) {
        const buckets = new Map();
        for (const { labels, value } of this.#matching(`${name}_bucket`, {})) {
            const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
            buckets.set(bound, (buckets.get(bound) ?? 0) + value);
        }
        const bounds = [...buckets.keys()].sort((a, b) => a - b);
        const total = buckets.get(Infinity) ?? 0;
        if (total === 0) return null;
        const rank = quantile * total;
        const place = bounds.findIndex((bound) => buckets.get(bound) >= rank);
        const lower = place > 0 ? bounds[place - 1] : 0;
        if (bounds[place] === Infinity) return lower;
        const below = place > 0 ? buckets.get(lower) : 0;
        return lower + (bounds[place] - lower) * ((rank - below) / (buckets.get(bounds[place]) - below));
    }

    #matching(name, labels) {
        return (this.#samples.get(name) ?? []).filter((sample) =>
            Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
    }
}
