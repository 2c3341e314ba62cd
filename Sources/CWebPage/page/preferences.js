/** What the reader chose: kept in the browser, and read with care, since older pages wrote it. */

const name = "ponder.preferences";

/** What each conversation has of its own. `null` leaves it to the model. */
export function defaultSettings() {
    return {
        systemPrompt: "", isThinking: true, thinkingBudget: null, temperature: null, topP: null, topK: null, minP: null,
        presencePenalty: null, maximumTokens: null, seed: null, stop: "", tools: "",
    };
}

/** The steps of the budget's slider, in tokens; the last, `null`, is no limit. */
export const budgetSteps = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, null];

const defaults = () => ({
    theme: "system", model: "", sendsWithEnter: true, opensReasoning: true, hidesSidebar: false, settings: defaultSettings(),
});

export const preferences = load(defaults());

/** Puts what is stored into an object. */
function load(value) {
    try {
        const stored = JSON.parse(localStorage.getItem(name) ?? "{}");
        for (const key of Object.keys(value)) if (typeof stored[key] === typeof value[key]) value[key] = stored[key];
        value.settings = { ...value.settings, ...stored.settings };
    } catch {
        // What cannot be read is as if it had not been chosen.
    }
    return value;
}

export function savePreferences(changes) {
    // Another tab may have chosen something else meanwhile.
    Object.assign(load(preferences), changes);
    try {
        localStorage.setItem(name, JSON.stringify(preferences));
    } catch {
        // Without storage the choice holds until the page is left.
    }
}
