/** What a conversation asks the server for. */
import { requestMessages } from "./conversation.js";

const samplingFields = {
    temperature: "temperature", topP: "top_p", topK: "top_k", minP: "min_p", presencePenalty: "presence_penalty",
    maximumTokens: "max_tokens", seed: "seed",
};

/** The body of a chat completion behind a path. Throws an `Error` with words for the reader where settings are wrong. */
export function requestBody(conversation, path, model) {
    const { settings } = conversation;
    const body = {
        model: conversation.model, messages: requestMessages(path, settings.systemPrompt),
        stream_options: { include_usage: true, continuous_usage_stats: true }, return_progress: true,
        ...thinkingFields(settings, thinkingMode(model)),
    };
    for (const [name, field] of Object.entries(samplingFields)) if (settings[name] !== null) body[field] = settings[name];
    const stop = settings.stop.split("\n").filter(Boolean);
    if (stop.length > 0) body.stop = stop;
    const tools = parseTools(settings.tools);
    if (tools.length > 0) body.tools = tools;
    return body;
}

/** `hybrid`, `always`, `automatic` or `never`; of a model whose files tell nothing, `hybrid`. */
export function thinkingMode(model) {
    return model?.modes ? model.modes.thinking ?? "never" : "hybrid";
}

/** A model that has no choice is not asked to make one. */
function thinkingFields({ isThinking, thinkingBudget }, mode) {
    if (mode === "never") return {};
    const fields = mode === "hybrid" ? { chat_template_kwargs: { enable_thinking: isThinking } } : {};
    const thinks = isThinking || mode !== "hybrid";
    return thinks && thinkingBudget !== null ? { ...fields, thinking_budget: thinkingBudget } : fields;
}

/** The functions of a text: OpenAI's list of tools, or of the functions themselves, or one of them. */
export function parseTools(text) {
    if (!text.trim()) return [];
    let value;
    try {
        value = JSON.parse(text);
    } catch (error) {
        throw new Error(`The tools are no JSON: ${error.message}`);
    }
    return (Array.isArray(value) ? value : [value]).map((tool) => {
        const definition = tool?.function ?? tool;
        if (typeof definition?.name !== "string") throw new Error("Each tool needs a name.");
        return { type: "function", function: definition };
    });
}
