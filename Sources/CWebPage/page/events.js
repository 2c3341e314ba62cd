/** Server-sent events out of a response's body, by the WHATWG's HTML standard, comments among them. */

/** Yields `{ data }` for each event, with its `id` if it has one, and `{ comment }` for each comment, as they come. */
export async function* readEvents(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let data = [];
    let id = null;
    try {
        while (true) {
            const { value = "", done } = await reader.read();
            // A carriage return may be half of a line's end, unless nothing follows.
            const lines = (rest + value).split(done ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/);
            rest = lines.pop();
            for (const line of lines) {
                if (line === "" && data.length > 0) {
                    yield { data: data.join("\n"), ...(id && { id }) };
                    data = [];
                    id = null;
                } else if (line.startsWith(":")) {
                    yield { comment: line.slice(1).trim() };
                } else if (line.startsWith("id:")) {
                    id = line.slice(3).trim();
                } else if (line.startsWith("data:")) {
                    data.push(line.slice(5).replace(/^ /, ""));
                }
            }
            if (done) return;
        }
    } finally {
        reader.cancel().catch(() => {});
    }
}
