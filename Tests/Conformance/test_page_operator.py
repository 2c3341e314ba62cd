"""The operator's view: in headless Chromium, against the release executable."""

import re

from browser import STRAWBERRIES
from ponder_process import Ponder


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


def test_work_shows_while_it_is_done(slow_endless_model, open_page):
    with Ponder(slow_endless_model, "--loop-guard", "off") as server:
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


def test_models_on_demand_can_be_chosen_and_loaded(open_page, slow_endless_model):
    with Ponder(f"second={slow_endless_model}", f"first={slow_endless_model}", "--loop-guard", "off") as server:
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
