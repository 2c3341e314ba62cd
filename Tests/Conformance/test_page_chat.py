"""Conversations on the page, as a reader has them: in headless Chromium, against the release executable and its own model."""

import json
import re

from browser import STRAWBERRIES
from ponder_process import Ponder

TOOLS = [{"type": "function", "function": {
    "name": "get_weather", "description": "The weather at a place",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]


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


def test_a_reply_can_be_stopped(slow_endless_model, open_page):
    with Ponder(slow_endless_model, "--loop-guard", "off") as server:
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
