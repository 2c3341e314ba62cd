"""The page's modules by themselves: any file server serves the folder, and browsers load it as it is."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from browser import headless_browser
from ponder_process import REPOSITORY

FOLDER = REPOSITORY / "Sources" / "CWebPage" / "page"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def tab():
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=FOLDER)) as files, headless_browser() as browser:
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
