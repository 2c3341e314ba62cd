"""The page at `/`, as a reader uses it: in headless Chromium, against the release executable and its own model."""

import gzip
import json
import re

import pytest
from browser import WebPage, chunk, headless_browser, words
from ponder_process import Ponder
from wire import request

STRAWBERRIES = "How many r's are in strawberries?"
TOOLS = [{"type": "function", "function": {
    "name": "get_weather", "description": "The weather at a place",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]


@pytest.fixture(scope="module")
def server():
    with Ponder() as server:
        yield server


@pytest.fixture(scope="module")
def browser():
    with headless_browser() as browser:
        yield browser


@pytest.fixture
def open_page(browser, server):
    """Opens pages in browsers of their own. None may ask for anything from elsewhere, or break its own policy."""
    pages = []

    def open_one(path="/", at=server, init_script=None, expects_complaints=False, **context):
        page = WebPage(browser.new_context(**context), at, path, init_script)
        pages.append((page, expects_complaints))
        return page

    yield open_one
    for page, expects_complaints in pages:
        assert page.outside_requests == []
        assert not [text for text in page.complaints if "Security Policy" in text or "TrustedHTML" in text]
        assert expects_complaints or page.complaints == []
        page.context.close()


@pytest.fixture
def page(open_page):
    return open_page()


# Without a browser


def test_the_page_is_one_file_under_a_strict_policy(server):
    reply = request(server.port, "GET", "/", headers={"Accept-Encoding": "gzip"})
    assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy
    html = gzip.decompress(reply.body).decode()
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", html.split("<script")[0])
    again = request(server.port, "GET", "/", headers={"Accept-Encoding": "gzip", "If-None-Match": reply.headers["etag"]})
    assert again.status == 304 and again.body == b""


def test_head_tells_what_get_would(server):
    """What is behind the head would be the next reply's beginning."""
    from wire import Connection

    with Connection(server.port) as connection:
        connection.send("HEAD", "/")
        status, headers = connection.read_head()
        assert status == 200 and int(headers["content-length"]) > 10_000
        connection.send("GET", "/health")
        assert connection.read_head()[0] == 200


@pytest.mark.parametrize("flags", [("--web-page", "off"), ("--no-web-page",), ("--no-webui",)])
def test_it_can_be_switched_off(flags):
    with Ponder(*flags) as server:
        assert request(server.port, "GET", "/").status == 404
        assert request(server.port, "GET", "/health").status == 200


def test_experts_are_counted_by_layer(server):
    def counts():
        [model] = request(server.port, "GET", "/experts").json()["data"]
        assert model["model"] == "built-in" and model["expert_count"] == 8
        assert [layer["layer"] for layer in model["layers"]] == list(range(6))
        return [sum(layer["tokens"]) for layer in model["layers"]]

    before = counts()
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8, "cache_prompt": False}
    usage = request(server.port, "POST", "/v1/chat/completions", body).json()["usage"]
    growth = {after - start for after, start in zip(counts(), before)}
    # Two experts of each layer work for each token, and all layers see all tokens.
    assert len(growth) == 1 and growth.pop() >= 2 * (usage["prompt_tokens"] + usage["completion_tokens"] - 1)


# Conversations


def test_a_question_is_answered_with_its_reasoning_apart(page):
    reply = page.ask(STRAWBERRIES)
    assert "There are 3 r's in strawberries." in reply.inner_text()
    panel = reply.locator("details.reasoning")
    summary = panel.locator("summary")
    assert re.search(r"Thought\s*for [\d.]+ s · \d+ tokens", summary.inner_text())
    assert not panel.evaluate("(one) => one.open")
    summary.click()
    assert "letter by letter" in panel.get_by_role("group", name="Reasoning").inner_text()
    summary.click()
    assert not panel.evaluate("(one) => one.open")
    assert re.search(r"built-in · \d+ tokens · [\d,.]+ tokens/s", reply.inner_text())
    assert re.search(r"\d+ of 4,096 tokens", page.tab.get_by_role("meter", name="Context used").get_attribute("aria-valuetext"))
    assert "3 r's" in page.tab.locator("#announcements").inner_text()


def test_thinking_off_and_a_budget_go_with_the_request(page):
    page.ask(STRAWBERRIES)
    assert page.bodies[-1]["chat_template_kwargs"] == {"enable_thinking": True} and "thinking_budget" not in page.bodies[-1]
    slider = page.tab.get_by_role("slider", name="Thinking budget")
    assert slider.get_attribute("aria-valuetext") == "no limit"
    slider.press("Home")
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "64 tokens"
    reply = page.ask(STRAWBERRIES)
    assert page.bodies[-1]["thinking_budget"] == 64
    assert "budget reached" in reply.locator("summary").inner_text()
    page.thinking.click()
    assert not slider.is_visible()
    reply = page.ask("Hello")
    assert page.bodies[-1]["chat_template_kwargs"] == {"enable_thinking": False} and "thinking_budget" not in page.bodies[-1]
    assert not reply.locator("details.reasoning").is_visible()


def test_settings_go_with_the_request(page):
    page.button("Settings").click()
    page.tab.get_by_label("System prompt").fill("Your name is Rosa.")
    page.tab.get_by_label("Temperature").fill("0")
    page.tab.get_by_label("Seed").fill("7")
    page.tab.get_by_label("Stop at").fill("END\nSTOP")
    page.ask("What is your name?")
    body = page.bodies[-1]
    assert body["messages"][0] == {"role": "system", "content": "Your name is Rosa."}
    assert body["temperature"] == 0 and body["seed"] == 7 and body["stop"] == ["END", "STOP"] and "top_p" not in body
    page.tab.get_by_label("Temperature").fill("9")
    assert page.tab.get_by_label("Temperature").get_attribute("aria-invalid") == "true"
    page.tab.get_by_label("Functions that the model may call").fill("[{")
    assert "no JSON" in page.tab.get_by_label("Functions that the model may call").evaluate(
        "(one) => document.getElementById(one.getAttribute('aria-describedby')).textContent")


def test_a_reply_can_be_stopped(endless_model, open_page):
    with Ponder(endless_model) as server:
        page = open_page(at=server)
        page.send("Go on for ever")
        page.until("document.querySelector('.message.is-assistant')?.innerText.length > 20")
        assert page.replies.last.get_attribute("aria-busy") == "true"
        page.button("Stop").click()
        reply = page.finished_reply()
        assert "stopped" in reply.inner_text()
        page.button("Send").wait_for()
        page.send("Once more")
        page.until("document.querySelectorAll('.message.is-assistant')[1]?.innerText.length > 20")
        page.field.press("Escape")
        assert "stopped" in page.finished_reply().inner_text()


def test_another_reply_and_an_edited_question_are_branches(page):
    page.ask("Which is larger, 417 or 471?")
    page.button("Another reply").click()
    reply = page.finished_reply()
    assert "2 of 2" in reply.inner_text()
    assert page.bodies[0]["messages"] == page.bodies[1]["messages"]
    page.button("Earlier branch").click()
    assert "1 of 2" in page.replies.last.inner_text()
    page.button("Edit and send again").click()
    editor = page.tab.get_by_role("textbox", name="Edited message")
    editor.fill("Which is larger, 12 or 21?")
    editor.press("Enter")
    reply = page.finished_reply()
    assert "21" in reply.inner_text()
    assert [message["content"] for message in page.bodies[-1]["messages"]] == ["Which is larger, 12 or 21?"]
    page.button("Earlier branch").click()
    assert "417" in page.tab.get_by_role("article", name="You").inner_text()


def test_calls_are_shown_and_answered(page):
    page.button("Settings").click()
    page.button("Insert an example").click()
    reply = page.ask("What is the weather in Paris?")
    assert "get_weather" in reply.inner_text() and '"city": "Paris"' in reply.inner_text()
    page.tab.get_by_role("textbox", name="Result of get_weather").fill('{"temperature": 18, "sky": "clear"}')
    page.button("Send result").click()
    page.tab.get_by_role("article", name="Tool").wait_for()
    page.finished_reply()
    roles = [message["role"] for message in page.bodies[-1]["messages"]]
    assert roles == ["user", "assistant", "tool"]
    call = page.bodies[-1]["messages"][1]["tool_calls"][0]
    assert call["id"] == page.bodies[-1]["messages"][2]["tool_call_id"]
    assert page.bodies[-1]["messages"][1]["reasoning_content"]
    assert page.bodies[-1]["tools"] == TOOLS


def test_a_conversation_survives_a_reload_and_can_be_found_renamed_and_deleted(page):
    page.ask(STRAWBERRIES)
    page.button("New conversation").click()
    page.ask("Which is larger, 417 or 471?")
    page.tab.reload()
    entries = page.tab.locator(".conversation-button")
    entries.nth(1).wait_for()
    assert entries.all_inner_texts() == ["Which is larger, 417 or 471?", STRAWBERRIES]
    entries.nth(1).click()
    assert "There are 3 r's in strawberries." in page.replies.last.inner_text()
    page.tab.get_by_role("searchbox", name="Search conversations").fill("strawberr")
    assert entries.all_inner_texts() == [STRAWBERRIES]
    page.button(f"Rename {STRAWBERRIES}").click()
    page.tab.get_by_role("textbox", name="Name").fill("Berries")
    page.tab.keyboard.press("Enter")
    page.tab.get_by_role("searchbox", name="Search conversations").fill("")
    page.tab.get_by_role("button", name="Berries", exact=True).wait_for()
    page.button("Delete Berries").click()
    page.tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.until("document.querySelectorAll('.conversation-button').length === 1")


def test_conversations_are_exported_and_imported(page, open_page, tmp_path):
    page.ask(STRAWBERRIES)
    with page.tab.expect_download() as download:
        page.button("Export all conversations").click()
    file = tmp_path / "conversations.json"
    download.value.save_as(file)
    exported = json.loads(file.read_text())
    assert exported["format"] == "ponder-conversations" and len(exported["conversations"]) == 1
    other = open_page()
    other.tab.locator("#sidebar input[type=file]").set_input_files(file)
    other.replies.first.wait_for()
    assert "There are 3 r's in strawberries." in other.replies.first.inner_text()
    assert other.replies.first.locator("summary").is_visible()
    # A list of OpenAI's messages is a conversation, too; what is neither is refused in plain words.
    file.write_text(json.dumps([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there."}]))
    other.tab.locator("#sidebar input[type=file]").set_input_files(file)
    other.tab.get_by_text("Hello there.").wait_for()
    file.write_text("{}")
    other.tab.locator("#sidebar input[type=file]").set_input_files(file)
    other.tab.get_by_role("alert").get_by_text("holds no conversations").wait_for()


def test_a_text_file_goes_with_the_question(page, tmp_path):
    file = tmp_path / "list.txt"
    file.write_text("pear\n```\nfig\n")
    page.tab.locator(".composer input[type=file]").set_input_files(file)
    page.tab.get_by_text("list.txt").wait_for()
    page.ask("Sort this")
    assert page.bodies[-1]["messages"][0]["content"] == "list.txt:\n````\npear\n```\nfig\n\n````\n\nSort this"
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    page.tab.locator(".composer input[type=file]").set_input_files(tmp_path / "noise.bin")
    page.tab.get_by_role("alert").get_by_text("not a text file").wait_for()


# What models write


HOSTILE = """<script>window.wasHere = 1</script> <img src=x onerror="window.wasHere = 2"> <b>bold</b>

[click](javascript:window.wasHere=3) [data](data:text/html,<script>window.wasHere=4</script>)
![picture](https://elsewhere.example/x.png) <https://elsewhere.example/a> <iframe src="https://elsewhere.example"></iframe>

| <svg onload="window.wasHere=5"> | b |
|--|--|
| <style>*{display:none}</style> | "><img src=y onerror=window.wasHere=6> |

```html" onmouseover="window.wasHere=7
</code></pre><script>window.wasHere = 8</script>
```
"""


def test_text_of_the_model_stays_text(page):
    page.answer_with(chunk(reasoning_content="<script>window.wasHere = 9</script>"), *words(HOSTILE), chunk(finish="stop"))
    reply = page.ask("Attack")
    page.tab.wait_for_timeout(200)
    assert page.tab.evaluate("window.wasHere") is None
    text = reply.inner_text()
    assert "<script>window.wasHere = 1</script>" in text and '<img src=x onerror="window.wasHere = 2">' in text
    content = reply.locator(".markdown")
    assert content.locator("script, img, iframe, style, svg:not(.icon), [onerror], [onload], [onmouseover]").count() == 0
    assert {link.get_attribute("href") for link in content.get_by_role("link").all()} == {
        "https://elsewhere.example/x.png", "https://elsewhere.example/a", "https://elsewhere.example"}


def test_markdown_is_shown_as_it_is_meant(page):
    page.answer_with(*words(
        "# Title\n\nSome **bold**, *slanted*, ~~gone~~ and `code`, a_snake_case, 2 * 3 * 4, $5 and $10, \\(a_1 * b_2 * c\\).\n\n"
        "3. three\n4. four\n   - inner **one**\n   - inner two\n\n- [x] done\n- [ ] open\n\n> quoted\n> text\n\n"
        "| a | b |\n|:--|--:|\n| 1 \\| 2 | `x` |\n\n```swift\nlet a = 1 // one\n```\n\n$$\nx_1 * y_1\n$$\n\n---\n\nEnd"),
        chunk(finish="stop"))
    content = page.ask("Show").locator(".markdown")
    assert content.get_by_role("heading", name="Title").count() == 1
    assert content.locator("strong").all_inner_texts() == ["bold", "one"]
    assert content.locator("em").all_inner_texts() == ["slanted"]
    assert content.locator("del").inner_text() == "gone"
    assert content.locator("code.math").inner_text() == "\\(a_1 * b_2 * c\\)"
    assert content.locator("p").first.inner_text() == (
        "Some bold, slanted, gone and code, a_snake_case, 2 * 3 * 4, $5 and $10, \\(a_1 * b_2 * c\\).")
    assert content.locator("ol").get_attribute("start") == "3"
    assert content.locator("ol > li").count() == 2 and content.locator("ol ul > li").count() == 2
    assert content.get_by_role("img", name="Done").count() == 1 and content.get_by_role("img", name="To do").count() == 1
    assert content.locator("blockquote").inner_text() == "quoted\ntext"
    assert content.locator("td").all_inner_texts() == ["1 | 2", "x"]
    assert content.locator("figcaption span").inner_text() == "swift"
    assert content.locator(".code-keyword").inner_text() == "let"
    assert content.locator(".math-block").inner_text() == "x_1 * y_1"
    assert content.locator("hr").count() == 1


def test_code_is_copied_whole(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.answer_with(*words("```python\nif True:\n    print('<b>')\n```"), chunk(finish="stop"))
    page.ask("Show").get_by_role("button", name="Copy code").click()
    assert page.tab.evaluate("navigator.clipboard.readText()") == "if True:\n    print('<b>')"


# What goes wrong


def test_refusals_are_told_in_plain_words_and_can_be_tried_again(open_page):
    page = open_page(expects_complaints=True)
    page.refuse_with(503, "overloaded", "The queue is full.", **{"retry-after": "7"})
    reply = page.ask(STRAWBERRIES)
    assert "too much to do" in reply.inner_text() and "7.0 s" in reply.inner_text()
    page.tab.unroute("**/v1/chat/completions")
    page.button("Try again").click()
    reply = page.finished_reply()
    assert "There are 3 r's in strawberries." in reply.inner_text() and page.replies.count() == 1


def test_a_reply_that_breaks_off_keeps_what_came(open_page):
    page = open_page(expects_complaints=True)
    page.answer_with(*words("Half of it"), is_complete=False)
    reply = page.ask("Hi")
    assert "Half of it" in reply.inner_text() and "broke off" in reply.inner_text()


def test_a_server_that_is_gone_is_said_to_be(open_page):
    page = open_page(expects_complaints=True)
    page.tab.route("**/v1/chat/completions", lambda route: route.abort())
    assert "cannot be reached" in page.ask("Hi").inner_text()


def test_a_key_is_asked_for_and_kept_in_this_tab_alone(open_page):
    with Ponder("--api-key", "open-sesame") as server:
        page = open_page(at=server, expects_complaints=True)
        dialog = page.tab.get_by_role("dialog", name="API key")
        dialog.get_by_label("Key", exact=True).fill("open-sesame")
        dialog.get_by_role("button", name="Use key").click()
        assert "3 r's" in page.ask(STRAWBERRIES).inner_text()
        kept = "[sessionStorage, localStorage].map((one) => JSON.stringify(one).includes('open-sesame'))"
        assert page.tab.evaluate(kept) == [True, False]


# Looks, keyboard, screen readers


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_views_are_readable_and_named(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.ask(STRAWBERRIES)
    page.replies.last.locator("summary").click()
    page.button("Settings").click()

    def check():
        # Colours change over a moment.
        page.tab.wait_for_timeout(300)
        assert page.faint_texts() == []
        assert page.unnamed_controls() == []
        assert page.small_targets() == []
        assert page.repeated_ids() == []
        assert page.tab.locator("h1:visible").count() == 1

    assert page.tab.evaluate("document.documentElement.dataset.theme") == scheme
    check()
    page.button("Operator").click()
    page.tab.locator(".card-value").first.wait_for()
    check()


def test_colours_can_be_chosen_and_are_remembered(open_page):
    page = open_page(color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.tab.evaluate(paper)
    page.button("Dark colours").click()
    assert page.tab.evaluate(paper) != light
    page.tab.reload()
    page.button("Light colours").wait_for()
    assert page.tab.evaluate(paper) != light


def test_everything_can_be_done_with_the_keyboard(page):
    tab = page.tab
    press = tab.keyboard.press
    page.until("document.activeElement.id === 'composer-text'")
    for _ in range(40):
        press("Shift+Tab")
        if tab.evaluate("document.activeElement.textContent") == "Skip to the message field":
            break
    assert tab.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    press("Enter")
    tab.keyboard.type(STRAWBERRIES)
    press("Shift+Enter")
    press("Enter")
    page.finished_reply()
    press("Alt+r")
    tab.get_by_text("2 of 2").wait_for()
    page.finished_reply()
    press("Alt+e")
    assert tab.evaluate("document.activeElement.ariaLabel") == "Edited message"
    press("Escape")
    assert tab.evaluate("document.activeElement.ariaLabel") == "Edit and send again"
    press("Alt+t")
    assert page.thinking.get_attribute("aria-checked") == "false"
    press("Control+Slash")
    tab.get_by_role("dialog", name="Keyboard and more").wait_for()
    press("Escape")
    press("Control+k")
    assert tab.evaluate("document.activeElement.ariaLabel") == "Search conversations"
    press("Alt+s")
    tab.get_by_role("complementary", name="Settings").wait_for()
    press("Alt+s")
    assert tab.evaluate("document.activeElement.ariaLabel") == "Search conversations"
    press("Alt+o")
    tab.get_by_role("heading", name="Operator").wait_for()
    press("Control+Shift+o")
    assert tab.evaluate("document.activeElement.id") == "composer-text"
    assert tab.get_by_text("What shall we ponder?").is_visible()
    # Whatever has the focus shows it.
    for _ in range(12):
        press("Tab")
        assert tab.evaluate("""(() => {
            const one = document.activeElement;
            // The field's frame shows it for the field; behind the last control comes the page itself.
            return getComputedStyle(one).outlineStyle !== "none" || one.id === "composer-text" || one === document.body;
        })()""")


def test_it_fits_a_telephone_and_keeps_still_where_that_is_wanted(open_page):
    page = open_page(viewport={"width": 360, "height": 640}, has_touch=True, reduced_motion="reduce")
    assert not page.tab.get_by_role("navigation", name="Conversations").is_visible()
    page.ask(STRAWBERRIES)
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 360
    page.button("Conversations").click()
    page.tab.get_by_role("navigation", name="Conversations").get_by_role("button", name="New conversation").click()
    assert not page.tab.get_by_role("navigation", name="Conversations").is_visible()
    page.button("Operator").click()
    page.tab.locator(".card-value").first.wait_for()
    assert page.tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.tab.evaluate("document.getAnimations().length") == 0


# The operator's view


def test_the_operator_sees_requests_tokens_memory_and_experts(page):
    page.ask(STRAWBERRIES)
    page.button("Operator").click()
    page.tab.locator(".card", has_text="Tokens a second").locator(".card-value").wait_for()
    cards = page.tab.locator(".cards").inner_text()
    for name in ("Running", "waiting", "Tokens a second", "KV cache", "Prefix cache", "Memory"):
        assert name in cards
    map_ = page.tab.locator(".heat-canvas")
    page.until("document.querySelector('.heat-canvas').ariaLabel?.includes('6 layers of 8 experts')")
    colours = map_.evaluate("""(canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
    }""")
    assert colours > 20
    map_.focus()
    page.tab.keyboard.press("ArrowDown")
    page.tab.keyboard.press("ArrowDown")
    page.tab.keyboard.press("ArrowRight")
    reading = page.tab.locator(".heat-readout").inner_text()
    assert re.match(r"Layer 1, expert 1: [\d,]+ tokens?, [\d.]+% of the layer", reading)
    assert page.tab.locator("#announcements").inner_text() == reading
    times = page.tab.get_by_role("region", name="Times").inner_text()
    assert re.search(r"To the first token\s+[\d.]+ m?s", times)
    assert "built-in" in page.tab.get_by_role("region", name="Models").inner_text()


def test_work_shows_while_it_is_done(endless_model, open_page):
    with Ponder(endless_model) as server:
        page = open_page(at=server)
        page.send("Go on for ever")
        page.button("Operator").click()
        page.until("""[...document.querySelectorAll(".card")].some((card) =>
            card.textContent.startsWith("Tokens a second") && Number.parseFloat(card.querySelector(".card-value").textContent) > 0)""")
        assert page.tab.locator(".card", has_text="Running").locator(".card-value").inner_text() == "1"
        assert page.tab.get_by_text("the heat map is for mixtures of experts").is_visible()
        page.button("Chat").click()
        page.button("Stop").click()
        page.finished_reply()


def test_a_key_that_may_not_watch_is_told_so(open_page, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("only-talk infer\n")
    with Ponder("--api-key-file", keys) as server:
        page = open_page(at=server, init_script="sessionStorage.setItem('ponder.key', 'only-talk')", expects_complaints=True)
        page.button("Operator").click()
        page.tab.get_by_role("alert").get_by_text("This key may not do that").wait_for()


def test_models_on_demand_can_be_chosen_and_loaded(open_page, endless_model):
    with Ponder(f"second={endless_model}", f"first={endless_model}") as server:
        page = open_page(at=server)
        picker = page.tab.get_by_role("combobox", name="Model", exact=True)
        assert picker.locator("option").all_inner_texts() == ["second", "first (on demand)"]
        picker.select_option("first")
        page.send("Hi")
        page.until("document.querySelector('.message.is-assistant')?.innerText.length > 20")
        assert page.bodies[-1]["model"] == "first"
        page.button("Stop").click()
        page.finished_reply()
        page.until("!document.querySelector('.model-picker').textContent.includes('on demand')")
