"""What models write is shown as it is meant and does no harm, and what goes wrong is told: in headless Chromium."""

from browser import STRAWBERRIES, chunk, words
from ponder_process import Ponder


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
