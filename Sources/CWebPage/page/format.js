/** Numbers, times and dates as people read them. */

const grouped = new Intl.NumberFormat("en");

export function count(number, word, plural = `${word}s`) {
    return `${grouped.format(number)} ${number === 1 ? word : plural}`;
}

export function number(value) {
    return grouped.format(value);
}

/** `950`, `4.1k`, `32k`, `1.2M`. */
export function shortNumber(value) {
    if (value < 1000) return String(value < 100 ? Math.round(value * 10) / 10 : Math.round(value));
    const [size, unit] = value < 999_500 ? [value / 1000, "k"] : [value / 1_000_000, "M"];
    return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)}${unit}`;
}

/** Tokens as powers of two are spoken of: `512`, `4k` for 4,096. */
export function tokenBudget(tokens) {
    return tokens >= 1024 && tokens % 1024 === 0 ? `${tokens / 1024}k` : number(tokens);
}

/** `0.03 s`, `2.1 s`, `1 min 5 s`. */
export function duration(seconds) {
    if (seconds < 0.095) return `${Math.max(0.01, seconds).toFixed(2)} s`;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 60) return `${Math.round(seconds)} s`;
    const whole = Math.round(seconds);
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes} min ${whole % 60} s`;
    if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    return `${Math.floor(minutes / 1440)} d ${Math.floor(minutes / 60) % 24} h`;
}

/** Times below a second as well: `0.4 ms`, `12 ms`, `1.2 s`. */
export function shortDuration(seconds) {
    if (seconds === null || !Number.isFinite(seconds)) return "–";
    if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
    return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : duration(seconds);
}

export function bytes(value) {
    if (value < 1 << 20) return `${Math.ceil(value / 1024)} KiB`;
    return value < 1 << 30 ? `${Math.round(value / (1 << 20))} MiB` : `${(value / (1 << 30)).toFixed(1)} GiB`;
}

export function percent(ratio) {
    return `${ratio > 0 && ratio < 0.1 ? (ratio * 100).toFixed(1) : Math.round(ratio * 100)}%`;
}

/** The heading under which a day's conversations are listed. */
export function dayLabel(time, now = Date.now()) {
    const days = Math.round((startOfDay(now) - startOfDay(time)) / 86_400_000);
    if (days <= 0) return "Today";
    if (days === 1) return "Yesterday";
    if (days < 7) return "This week";
    return new Date(time).toLocaleDateString("en", { month: "long", year: "numeric" });
}

function startOfDay(time) {
    return new Date(time).setHours(0, 0, 0, 0);
}
