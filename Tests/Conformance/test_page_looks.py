"""How the page looks, and how keyboards and screen readers find their way: in headless Chromium."""

import pytest
from browser import STRAWBERRIES


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
