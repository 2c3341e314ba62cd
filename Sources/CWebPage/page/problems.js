/** What went wrong, in words for whoever reads the page. */
import { duration } from "./format.js";

/** A request that was refused, or never arrived. */
export class Problem extends Error {
    /** `status` is 0 where there was no answer; `code` is the server's word for it. */
    constructor({ status = 0, code = "", message = "", retryAfter = null }) {
        super(explain(status, code, message, retryAfter));
        this.status = status;
        this.code = code;
    }

    /** Whether a key is asked for, or another one. */
    get wantsKey() {
        return this.status === 401;
    }

    static async from(response) {
        const retryAfter = Number.parseFloat(response.headers.get("retry-after") ?? "") || null;
        let error = {};
        try {
            const body = await response.json();
            error = typeof body.error === "string" ? { message: body.error } : body.error ?? {};
        } catch {
            // What stands in between, such as a proxy, answers in its own form.
            error = { message: response.statusText };
        }
        return new Problem({ status: response.status, code: error.code ?? "", message: error.message ?? "", retryAfter });
    }

    /** Of the error event of a stream. */
    static fromEvent(error) {
        return new Problem({ status: 500, code: error.code ?? error.type ?? "", message: error.message ?? String(error) });
    }

    static unreachable() {
        return new Problem({});
    }
}

function explain(status, code, message, retryAfter) {
    const wait = retryAfter ? ` Try again in ${duration(retryAfter)}.` : " Try again in a moment.";
    switch (code) {
        case "context_length_exceeded":
            return `This conversation has become longer than the model can read. Begin a new one, or shorten it. (${message})`;
        case "model_loading": return `The model is still being loaded.${wait}`;
        case "model_load_failed": return `The model could not be loaded: ${message}`;
        case "model_not_found": return `The server has no such model any more. Choose another one at the top. (${message})`;
        case "origin_not_allowed":
            return `The server does not take requests from this page's address. Start it with --allow-origin ${location.origin}, `
                + "or with a key.";
        case "shutting_down": return "The server is stopping, and takes no more requests.";
        default: return explainStatus(status, message, wait);
    }
}

function explainStatus(status, message, wait) {
    switch (status) {
        case 0: return "The server cannot be reached. Is it running, and is this computer connected?";
        case 401: return "The server asks for an API key.";
        case 403: return `This key may not do that. (${message})`;
        case 404: return `The server does not know this. (${message})`;
        case 413: return "This is more than the server takes at once. Leave out an attachment.";
        case 429: return `That were too many requests for this key.${wait}`;
        case 503: return `The server has too much to do.${wait}`;
        case 504: return "The reply did not come in time.";
        default: return message || `The server answered with status ${status}.`;
    }
}
