"""The page where connections break, where it is left while a reply comes, and where two tabs have it: in headless Chromium."""

from browser import STRAWBERRIES
from cutting_proxy import CuttingProxy
from ponder_process import Ponder, eventually
from wire import request

CONVERSATIONS = """new Promise((resolve) => {
    const opening = indexedDB.open("ponder");
    opening.onsuccess = () => {
        const reading = opening.result.transaction("conversations").objectStore("conversations").getAll();
        reading.onsuccess = () => { opening.result.close(); resolve(reading.result); };
    };
})"""


def conversations(page):
    return page.tab.evaluate(CONVERSATIONS)


def messages(page):
    [conversation] = conversations(page)
    return [node["message"] for node in conversation["nodes"].values()]


def is_idle(server):
    metrics = request(server.port, "GET", "/metrics").body.decode()
    return all(line.endswith((" 0", " 0.0")) for line in metrics.splitlines() if line.startswith("ponder_requests_running"))


def set_field(page, name, value):
    page.tab.get_by_label(name, exact=True).fill(value)


# Connections that break


def test_a_stream_that_breaks_is_taken_up_where_it_broke(slow_endless_model, open_page):
    """Twice, the second time within an event, and the network is away for a moment."""
    with Ponder(slow_endless_model, "--loop-guard", "off") as server, CuttingProxy(server.port, cuts=[20_011, 9_973], refusals=2) as network:
        page = open_page(at=network, expects_complaints=True)
        page.button("Settings").click()
        set_field(page, "Seed", "7")
        set_field(page, "Maximum of tokens", "600")
        page.ask("Go on")
        assert network.cut_count == 2
        body = page.bodies[-1] | {"stream_options": None, "stream": False}
        expected = request(server.port, "POST", "/v1/chat/completions", body).json()["choices"][0]["message"]
        reply = messages(page)[-1]
        assert reply["content"] == expected["content"] and reply.get("reasoning") == expected.get("reasoning_content")
        assert "problem" not in reply and "isComing" not in reply
        assert [url for url in page.requests if "/v1/stream/" in url]


def test_a_reply_goes_on_when_the_page_is_loaded_again_and_ends_when_it_is_stopped(slow_endless_model, open_page):
    with Ponder(slow_endless_model, "--loop-guard", "off") as server:
        page = open_page(at=server)
        page.send("Go on for ever")
        page.until("document.querySelector('.message.is-assistant')?.innerText.length > 200")
        page.tab.reload()
        page.tab.locator(".conversation-button").first.click()
        page.until("document.querySelector('.message.is-assistant[aria-busy]')?.innerText.length > 1000")
        page.button("Stop").click()
        assert "stopped" in page.finished_reply().inner_text()
        assert eventually(lambda: is_idle(server))
        reply = messages(page)[-1]
        assert reply["finish"] == "stopped" and "isComing" not in reply


def test_a_reply_that_the_server_has_no_more_keeps_what_came(slow_endless_model, open_page):
    with Ponder(slow_endless_model, "--loop-guard", "off") as server:
        page = open_page(at=server)
        page.send("Go on for ever")
        page.until("document.querySelector('.message.is-assistant')?.innerText.length > 200")
        assert eventually(lambda: len(messages(page)[-1]["content"]) > 200)
        name = next(node for [one] in [conversations(page)] for node, value in one["nodes"].items()
                    if value["message"]["role"] == "assistant")
        page.tab.goto("about:blank")
        assert request(server.port, "DELETE", f"/v1/stream?conv_id={name}").status == 204
        page.tab.goto(server.url)
        page.tab.locator(".conversation-button").first.click()
        reply = page.finished_reply()
        reply.get_by_text("broke off when the page was left").wait_for()
        assert len(reply.inner_text()) > 200


# Two tabs


def test_two_tabs_lose_nothing_of_one_conversation(open_page):
    one = open_page()
    other = open_page(beside=one)
    one.ask(STRAWBERRIES)
    entry = other.tab.locator(".conversation-button")
    entry.click()
    assert "3 r's" in other.replies.last.inner_text()
    # What is said in one is seen in the other, and both go on from there.
    other.ask("Which is larger, 417 or 471?")
    one.until("document.querySelectorAll('.message.is-assistant').length === 2")
    one.ask("What is 12 + 30?")
    other.until("document.querySelectorAll('.message.is-assistant').length === 3")
    other.ask("What is 20 + 7?")
    one.button(f"Rename {STRAWBERRIES}").click()
    one.tab.get_by_role("textbox", name="Name").fill("Berries")
    one.tab.keyboard.press("Enter")
    other.button("Rename Berries").wait_for()
    said = [message["content"] for message in messages(one) if message["role"] == "user"]
    assert sorted(said) == sorted([STRAWBERRIES, "Which is larger, 417 or 471?", "What is 12 + 30?", "What is 20 + 7?"])
    assert all(message["content"] for message in messages(one))
    # A tab that is opened later has it all.
    third = open_page(beside=one)
    third.tab.locator(".conversation-button").click()
    assert third.replies.count() >= 3
    other.button("Delete Berries").click()
    other.tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for page in (one, third):
        page.until("document.querySelectorAll('.conversation-button').length === 0")
        assert page.tab.get_by_text("What shall we ponder?").is_visible()
    assert conversations(one) == []


def test_a_reply_is_seen_in_both_tabs_and_stopped_from_either(slow_endless_model, open_page):
    with Ponder(slow_endless_model, "--loop-guard", "off") as server:
        one = open_page(at=server)
        other = open_page(at=server, beside=one)
        one.send("Go on for ever")
        other.tab.locator(".conversation-button").click()
        other.until("document.querySelector('.message.is-assistant[aria-busy]')?.innerText.length > 400")
        other.button("Stop").click()
        for page in (other, one):
            page.finished_reply()
        assert eventually(lambda: is_idle(server))
        for page in (one, other):
            page.button("Send").wait_for()


def test_choices_of_two_tabs_stay(open_page):
    one = open_page(color_scheme="light")
    other = open_page(beside=one)
    one.button("Dark colours").click()
    other.button("Settings").click()
    other.tab.get_by_label("Temperature").fill("0.5")
    other.button("Use for new conversations").click()
    third = open_page(beside=one)
    assert third.tab.evaluate("document.documentElement.dataset.theme") == "dark"
