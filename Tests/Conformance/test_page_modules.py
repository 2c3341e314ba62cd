"""The page's modules by themselves: any file server serves the folder, and browsers load it as it is."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from ponder_process import REPOSITORY

FOLDER = REPOSITORY / "Sources" / "CWebPage" / "page"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def tab(browser):
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=FOLDER)) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        tab = browser.new_page()
        tab.errors = []
        tab.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.goto(f"http://127.0.0.1:{files.server_port}/index.html")
        tab.get_by_text("What shall we ponder?").wait_for()
        yield tab
        files.shutdown()


def test_the_folder_is_a_page_by_itself(tab):
    assert tab.errors == []


def test_a_text_that_grows_is_shown_like_one_that_came_whole(tab):
    """However it is cut, and whatever stands in it."""
    differences = tab.evaluate("""async () => {
        const { renderMarkdown } = await import("./rendering.js");
        let seed = 7;
        const draw = (count) => (seed = (seed * 1103515245 + 12345) % 2147483648) % count;
        const pieces = ["# ", "- ", "1. ", "  ", "    ", "> ", "```\\n", "~~~", "\\n", "\\n\\n", "| a | b |\\n", "|--|:-:|\\n", "**", "*", "_",
            "`", "``", "~~", "[x](", "http://a.b/c)", "](", "$", "$$\\n", "\\\\(", "\\\\)", "===\\n", "---\\n", "word ", "word", " ", "é", "<b>",
            "- [x] ", "<br>", "\\\\", "![", "\\t"];
        const different = [];
        for (let round = 0; round < 300; round += 1) {
            const grown = document.createElement("div");
            let text = "";
            for (let step = draw(60); step >= 0; step -= 1) {
                text += pieces[draw(pieces.length)];
                if (draw(3) === 0) renderMarkdown(grown, text);
            }
            renderMarkdown(grown, text);
            const whole = document.createElement("div");
            renderMarkdown(whole, text);
            if (!grown.isEqualNode(whole)) different.push(text);
        }
        return different;
    }""")
    assert differences == []


def test_nothing_of_a_text_is_lost(tab):
    """Whatever letters and digits stand in it are shown, in their order."""
    lost = tab.evaluate("""async () => {
        const { renderMarkdown } = await import("./rendering.js");
        let seed = 11;
        const draw = (count) => (seed = (seed * 1103515245 + 12345) % 2147483648) % count;
        const signs = ["*", "**", "_", "`", "~~", "\\n", "\\n\\n", " ", "  ", "- ", "> ", "# ", "$", "[", "]", "(", ")", "!", "\\\\(", "<", ">"];
        const lost = [];
        for (let round = 0; round < 300; round += 1) {
            let text = "";
            for (let word = 0; word < 20; word += 1) text += signs[draw(signs.length)] + `w${word}x`;
            const element = document.createElement("div");
            renderMarkdown(element, text);
            const shown = element.textContent;
            let place = 0;
            for (let word = 0; word < 20; word += 1) {
                place = shown.indexOf(`w${word}x`, place);
                if (place < 0) { lost.push(text); break; }
            }
        }
        return lost;
    }""")
    assert lost == []


def test_texts_full_of_marks_are_read_in_time(tab):
    """Squares and powers of the length would take minutes."""
    for text in ("*a " * 20_000, "_" * 50_000, "`" * 3 + "x" * 100_000, "[" * 20_000, "> " * 5_000, "**a" * 20_000, "$a" * 20_000,
                 "- " * 5_000, "|" * 20_000 + "\n" + "|-" * 10_000, "\\(" * 20_000, "<" * 50_000, "http://" * 10_000):
        assert tab.evaluate("""async (text) => {
            const { renderMarkdown } = await import("./rendering.js");
            const start = performance.now();
            renderMarkdown(document.createElement("div"), text);
            return performance.now() - start < 20_000;
        }""", text), text[:10]


def test_events_are_read_however_they_are_cut(tab):
    read = tab.evaluate("""async () => {
        const { readEvents } = await import("./events.js");
        const bytes = new TextEncoder().encode(": wait\\n\\ndata: {\\"a\\":\\"é\\"}\\r\\n\\r\\ndata: one\\ndata: two\\n\\ndata:x\\r\\r");
        const results = new Set();
        for (let size = 1; size <= bytes.length; size += 1) {
            const stream = new ReadableStream({ start(controller) {
                for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
                controller.close();
            } });
            const events = [];
            for await (const event of readEvents(stream)) events.push(event);
            results.add(JSON.stringify(events));
        }
        return [...results];
    }""")
    assert read == ['[{"comment":"wait"},{"data":"{\\"a\\":\\"é\\"}"},{"data":"one\\ntwo"},{"data":"x"}]']


def test_quantiles_are_those_of_prometheus(tab):
    assert tab.evaluate("""async () => {
        const { Metrics } = await import("./prometheus.js");
        const metrics = new Metrics(`# HELP t Times.
# TYPE t histogram
t_bucket{model_name="a \\\\"b\\\\"",le="0.1"} 2
t_bucket{model_name="a \\\\"b\\\\"",le="0.2"} 6
t_bucket{model_name="a \\\\"b\\\\"",le="+Inf"} 8
t_bucket{model_name="c",le="0.1"} 0
t_bucket{model_name="c",le="0.2"} 0
t_bucket{model_name="c",le="+Inf"} 0
n{model_name="a \\\\"b\\\\""} 3
n{model_name="c"} 4
plain 7`);
        return [metrics.quantile("t", 0.5), metrics.quantile("t", 0.99), metrics.quantile("none", 0.5), metrics.sum("n"),
            metrics.sum("n", { model_name: 'a "b"' }), metrics.largest("n"), metrics.sum("plain"), metrics.sum("missing")];
    }""") == [pytest.approx(0.15), 0.2, None, 7, 3, 4, 7, 0]


def test_versions_of_a_conversation_are_merged_without_loss(tab):
    """Whatever two tabs do, in whatever order they hear of it: each message that none removed is there, and both end alike."""
    faults = tab.evaluate("""async () => {
        const { addMessage, newConversation, removeBranch } = await import("./conversation.js");
        const { defaultSettings } = await import("./preferences.js");
        const { mergeConversation, versionOf } = await import("./merging.js");
        let seed = 5;
        const draw = (count) => (seed = (seed * 1103515245 + 12345) % 2147483648) % count;
        const faults = [];
        for (let round = 0; round < 200; round += 1) {
            let stored = newConversation(defaultSettings(), "m");
            addMessage(stored, null, { role: "user", content: "first" });
            const tabs = [0, 1].map(() => ({ own: structuredClone(stored), version: versionOf(stored) }));
            const [added, removed] = [new Set(Object.keys(stored.nodes)), new Set()];
            const keep = (tab) => {
                mergeConversation(tab.own, structuredClone(stored), tab.version);
                stored = structuredClone(tab.own);
                tab.version = versionOf(stored);
            };
            let title = "first";
            for (let step = 0; step < 20; step += 1) {
                const tab = tabs[draw(2)];
                const ids = Object.keys(tab.own.nodes);
                switch (draw(5)) {
                    case 0: case 1: {
                        const parent = ids.length > 0 && draw(4) > 0 ? ids[draw(ids.length)] : null;
                        added.add(addMessage(tab.own, parent, { role: "user", content: `${step}` }).id);
                        break;
                    }
                    case 2: {
                        if (ids.length < 2) break;
                        const before = new Set(tab.own.removed ?? []);
                        removeBranch(tab.own, ids[draw(ids.length)]);
                        for (const id of tab.own.removed) if (!before.has(id)) removed.add(id);
                        break;
                    }
                    case 3:
                        keep(tab);
                        title = tab.own.title = `title ${step}`;
                        keep(tab);
                        break;
                    default: keep(tab);
                }
            }
            for (const tab of [...tabs, ...tabs]) keep(tab);
            const wanted = [...added].filter((id) => !removed.has(id)).sort().join();
            for (const { own } of tabs) {
                if (Object.keys(own.nodes).sort().join() !== wanted) faults.push("messages");
                if (Object.values(own.nodes).some(({ parent }) => parent !== null && !own.nodes[parent])) faults.push("orphan");
                if (own.title !== title) faults.push(`${own.title} for ${title}`);
                if (own.leaf !== null && !own.nodes[own.leaf]) faults.push("leaf");
            }
        }
        return faults;
    }""")
    assert faults == []


def test_each_event_of_a_stream_that_breaks_comes_once(tab):
    """Wherever connections break, however often nobody answers, and whether they end or fail."""
    faults = tab.evaluate("""async () => {
        const { unbrokenEvents } = await import("./unbroken-stream.js");
        const events = Array.from({ length: 30 }, (_, index) => `: wait\\n\\nid: r:${index + 1}\\ndata: ${index + 1}\\n\\n`);
        events.push("id: r:31\\ndata: [DONE]\\n\\n");
        let seed = 3;
        const draw = (count) => (seed = (seed * 1103515245 + 12345) % 2147483648) % count;
        const part = (number, isLast) => new ReadableStream({ start(controller) {
            const bytes = new TextEncoder().encode(events.slice(number).join(""));
            controller.enqueue(bytes.slice(0, isLast ? bytes.length : 1 + draw(150)));
            if (isLast || draw(2)) controller.close();
            else setTimeout(() => controller.error(new TypeError("network")));
        } });
        const faults = [];
        for (let round = 0; round < 50; round += 1) {
            let tries = 0;
            const news = [];
            const open = async (id) => {
                tries += 1;
                if (draw(3) === 0) throw new Error("away");
                return part(Number(id?.split(":")[1] ?? 0), tries > 12);
            };
            const link = { open, isPassing: () => true, onbreak: (is) => news.push(is), signal: new AbortController().signal, wait: async () => {} };
            const seen = [];
            for await (const { data } of unbrokenEvents(part(0, draw(5) === 0), link)) if (data !== undefined) seen.push(data);
            if (seen.join() !== [...Array(30).keys()].map((index) => index + 1).join() + ",[DONE]") faults.push(seen.join());
            if (news.at(-1) === true) faults.push("news");
        }
        return faults;
    }""")
    assert faults == []
