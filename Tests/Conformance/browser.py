"""The page at `/` in headless Chromium: opens it, watches what it asks for and complains of, and finds its parts."""

import json
import os
import re
import shutil
from contextlib import contextmanager

import pytest
from ponder_process import eventually

NAMES = ("chromium", "chromium-browser", "google-chrome")
STRAWBERRIES = "How many r's are in strawberries?"


def executable():
    """Debian's Chromium, or another one on the path; the tests are skipped without."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("there is no Chromium here: `make test-packages` installs it, where Debian has it")
    return found


@contextmanager
def headless_browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="requirements-browser.txt could not be installed")
    path = executable()
    with playwright.sync_playwright() as driver:
        # Chromium's sandbox does not work for root, as containers run tests.
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield browser
        browser.close()


class WebPage:
    """One tab. What it requests and what its console says is kept."""

    def __init__(self, context, server, path="/", init_script=None):
        self.server = server
        self.context = context
        self.tab = context.new_page()
        # A bound against hanging, on machines that have much else to do.
        self.tab.set_default_timeout(60_000)
        self.requests = []
        self.complaints = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        if init_script:
            self.tab.add_init_script(init_script)
        self.bodies = []
        self.tab.on("request", self._keep_body)
        self.tab.goto(server.url + path)
        self.until("document.querySelector('.model-picker')?.value || document.querySelector('dialog')")

    def _keep_body(self, request):
        if request.url.endswith("/v1/chat/completions"):
            self.bodies.append(request.post_data_json)

    def until(self, expression):
        """Waits until it is true. Playwright's own way evaluates a string in the page, which the page's policy forbids."""
        assert eventually(lambda: self.tab.evaluate(f"Boolean({expression})"), timeout=60), expression

    @property
    def field(self):
        return self.tab.get_by_role("textbox", name="Message", exact=True)

    def button(self, name, exact=True):
        return self.tab.get_by_role("button", name=name, exact=exact)

    def send(self, text):
        self.field.fill(text)
        self.field.press("Enter")

    def ask(self, text):
        """Sends and waits for the end of the reply, whose element it returns."""
        self.send(text)
        return self.finished_reply()

    def finished_reply(self):
        reply = self.replies.last
        reply.wait_for()
        self.until(
            "[...document.querySelectorAll('.message.is-assistant')].every((one) => !one.hasAttribute('aria-busy'))")
        return self.replies.last

    @property
    def replies(self):
        return self.tab.get_by_role("article", name="Model")

    @property
    def thinking(self):
        return self.tab.get_by_role("switch", name="Thinking")

    @property
    def outside_requests(self):
        return [url for url in self.requests if not url.startswith((f"{self.server.url}/", "data:", "blob:"))]

    def answer_with(self, *chunks, is_complete=True):
        """Has replies be these chunks instead of the server's."""
        body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + ("data: [DONE]\n\n" if is_complete else "")
        self.tab.route("**/v1/chat/completions", lambda route: route.fulfill(
            body=body, headers={"content-type": "text/event-stream"}))

    def refuse_with(self, status, code, message, **headers):
        error = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": code}})
        self.tab.route("**/v1/chat/completions", lambda route: route.fulfill(
            status=status, body=error, headers={"content-type": "application/json"} | headers))

    def unnamed_controls(self):
        """What can have the focus and says nothing to screen readers, by Chromium's own accessibility tree."""
        session = self.context.new_cdp_session(self.tab)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        return [
            node["role"]["value"] for node in nodes
            if not node["ignored"] and node["role"]["value"] != "RootWebArea"
            and any(item["name"] == "focusable" and item["value"]["value"] for item in node.get("properties", []))
            and not node.get("name", {}).get("value", "").strip()
        ]

    def faint_texts(self):
        """Texts whose contrast is below WCAG 2.2's AA, with it."""
        return self.tab.evaluate(CONTRAST)

    def small_targets(self):
        """Buttons smaller than WCAG 2.2's least target, 24 by 24."""
        return self.tab.evaluate("""[...document.querySelectorAll("button, select, summary, input:not([type=checkbox], [type=file])")]
            .filter((one) => one.checkVisibility({ opacityProperty: true }))
            .map((one) => [one.ariaLabel || one.textContent || one.outerHTML.slice(0, 60), one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0 && (box.width < 24 || (box.height < 24 && box.height > 0)))
            .map(([name, box]) => `${name}: ${box.width} by ${box.height}`)""")

    def repeated_ids(self):
        return self.tab.evaluate("""[...document.querySelectorAll("[id]")].map((one) => one.id)
            .filter((id, place, all) => all.indexOf(id) !== place)""")


def chunk(finish=None, **delta):
    return {"model": "built-in", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def words(text):
    """Chunks of a text, cut where tokens might be."""
    return [chunk(content=piece) for piece in re.findall(r"\s*\S{1,4}|\s+", text)]


CONTRAST = """(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const channels = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], under) => [r, g, b].map((value, index) => value * a + under[index] * (1 - a));
    const luminance = (rgb) => {
        const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const background = (element) => {
        const layers = [];
        for (let one = element; one; one = one.parentElement) layers.unshift(channels(getComputedStyle(one).backgroundColor));
        return layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
    };
    const found = [];
    const check = (element, colour, text) => {
        const style = getComputedStyle(element);
        const under = background(element);
        const [a, b] = [luminance(over(channels(colour), under)), luminance(under)].sort((x, y) => y - x);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const contrast = (a + 0.05) / (b + 0.05);
        if (contrast < (isLarge ? 3 : 4.5)) found.push(`${text.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
        const element = node.parentElement;
        if (!node.data.trim() || element.closest("script, style, noscript, .visually-hidden, :disabled, [aria-disabled=true]")) continue;
        if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        check(element, getComputedStyle(element).color, node.data);
    }
    for (const field of document.querySelectorAll("[placeholder]")) {
        if (field.checkVisibility()) check(field, getComputedStyle(field, "::placeholder").color, field.placeholder);
    }
    return found;
})()"""
