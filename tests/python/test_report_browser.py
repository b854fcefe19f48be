"""The report as people see it: opened from disk in Chromium, without a network."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from report_files import NASTY

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

DRAW_ALL = "window.dispatchEvent(new Event('beforeprint'))"
UNDRAWN = "[data-chart]:not([data-drawn=yes])"
TIMEOUT = 60_000

INK = """chart => {
    const shapes = [...chart.querySelectorAll("svg [class^=mark-]:not(.mark-group) > :is(path, line)")];
    return shapes.filter(shape => {
        const {width, height} = shape.getBoundingClientRect();
        const style = getComputedStyle(shape);
        const isPainted = [style.fill, style.stroke].some(paint => paint !== "none" && paint !== "transparent");
        const isAxis = shape.closest(".role-axis, .role-legend");
        return !isAxis && isPainted && style.opacity !== "0" && width + height > 1;
    }).length;
}"""
"""Number of shapes in a chart's plot that somebody can see: not its axes, not its legend."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium; .ci/run installs it")
        pytest.skip("there is no chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visit:
    """A page that was opened, and what happened on it."""

    def __init__(self, context: BrowserContext, file: Path) -> None:
        self.messages: list[str] = []
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.page = context.new_page()
        self.page.on("console", lambda message: self.messages.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.messages.append(f"error: {error}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", self._dismiss)
        self.page.goto(file.as_uri())

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def visit(browser: Browser, file: Path, **options: Any) -> Visit:
    return Visit(browser.new_context(offline=True, **{"viewport": DESKTOP, **options}), file)


def draw_all(page: Page) -> None:
    page.evaluate(DRAW_ALL)
    page.wait_for_function(f"document.querySelectorAll('{UNDRAWN}').length === 0", timeout=TIMEOUT)


@pytest.fixture(scope="module")
def desktop(browser: Browser, report_page: Path) -> Visit:
    """The page on a desk, everything drawn."""
    opened = visit(browser, report_page)
    draw_all(opened.page)
    return opened


@pytest.fixture(scope="module")
def phone(browser: Browser, report_page: Path) -> Visit:
    """The page on a phone in the dark, everything drawn."""
    opened = visit(browser, report_page, viewport=PHONE, color_scheme="dark")
    draw_all(opened.page)
    return opened


def test_the_page_opens_from_disk_without_network_and_errors(desktop: Visit, phone: Visit, report_page: Path) -> None:
    for opened in (desktop, phone):
        assert opened.messages == []
        assert [url for url in opened.requests if url != report_page.as_uri() and not url.startswith("data:")] == []


def test_every_chart_is_drawn_and_not_just_there(desktop: Visit, phone: Visit) -> None:
    for opened in (desktop, phone):
        charts = opened.page.query_selector_all("[data-chart]")
        assert len(charts) > 40
        for chart in charts:
            name = chart.get_attribute("data-chart")
            box = chart.query_selector("svg").bounding_box()
            assert box["width"] > 200, name
            assert box["height"] > 40, name
            assert chart.evaluate(INK) > 0, name


def test_charts_are_drawn_when_they_come_into_sight(browser: Browser, report_page: Path) -> None:
    page = visit(browser, report_page).page
    page.wait_for_timeout(500)
    last = page.locator("[data-chart]").last
    assert page.locator(UNDRAWN).count() > 10
    assert last.get_attribute("data-drawn") is None
    last.scroll_into_view_if_needed()
    page.wait_for_function(
        "[...document.querySelectorAll('[data-chart]')].at(-1).dataset.drawn === 'yes'", timeout=TIMEOUT
    )
    page.context.close()


def test_paper_shows_every_chart(browser: Browser, report_page: Path, tmp_path: Path) -> None:
    page = visit(browser, report_page).page
    page.pdf(path=tmp_path / "report.pdf")
    assert page.locator(UNDRAWN).count() == 0
    assert (tmp_path / "report.pdf").stat().st_size > 100_000
    page.context.close()


def opacities(page: Page, chart: str) -> list[str]:
    shapes = f"#{chart} svg [class^=mark-rect] path"
    return page.eval_on_selector_all(shapes, "shapes => shapes.map(shape => shape.getAttribute('opacity') ?? '1')")


def test_the_selector_brings_a_segment_forward(desktop: Visit) -> None:
    page = desktop.page
    section = page.locator("#shop-customers")
    choices = section.locator(".selector label")
    segments = choices.count() - 1
    assert segments >= 2
    assert opacities(page, "shop-customers-sizes").count("1") == segments
    choices.nth(2).click()
    page.wait_for_function("document.querySelectorAll('#shop-customers-sizes svg path[opacity=\"0.15\"]').length > 0")
    drawn = opacities(page, "shop-customers-sizes")
    assert (drawn.count("1"), drawn.count("0.15")) == (1, segments - 1)
    assert section.locator(".cards article.faded").count() == segments - 1
    assert page.locator("#campaign-customers .cards article.faded").count() == 0
    choices.nth(0).click()
    page.wait_for_function("document.querySelectorAll('#shop-customers-sizes svg path[opacity=\"0.15\"]').length === 0")
    assert section.locator(".cards article.faded").count() == 0


def test_the_list_of_features_changes_the_distribution(desktop: Visit) -> None:
    page = desktop.page
    lines = """() => {
        const paths = document.querySelectorAll("#shop-customers-distributions svg .mark-line path");
        return [...paths].map(path => path.getAttribute("d")).sort().join();
    }"""
    before = page.evaluate(lines)
    features = page.locator("select[data-figure=shop-customers-distributions]")
    features.select_option(index=1)
    page.wait_for_function(f"before => ({lines})() !== before", arg=before)
    features.select_option(index=0)
    page.wait_for_function(f"before => ({lines})() === before", arg=before)


def test_a_choice_made_before_a_chart_is_drawn_counts(browser: Browser, report_page: Path) -> None:
    page = visit(browser, report_page).page
    page.locator("#shop-customers .selector input").nth(1).evaluate(
        "input => { input.checked = true; input.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    page.locator("#shop-customers-sizes").scroll_into_view_if_needed()
    page.wait_for_selector("#shop-customers-sizes[data-drawn=yes]", timeout=TIMEOUT)
    assert opacities(page, "shop-customers-sizes").count("1") == 1
    page.context.close()


def test_tooltips_tell_the_numbers(desktop: Visit) -> None:
    page = desktop.page
    bar = page.locator("#brand-sales svg [class^=mark-rect] path").first
    bar.scroll_into_view_if_needed()
    bar.hover()
    tooltip = page.wait_for_selector("#vg-tooltip-element.visible")
    text = tooltip.inner_text()
    assert "Brand" in text
    assert re.search(r"Sales\s+[0-9]+,[0-9]{3}\b", text)
    assert re.search(r"[0-9]+\.[0-9]\u00a0%", text)


def test_tables_can_be_sorted_and_searched(desktop: Visit) -> None:
    page = desktop.page
    figure = page.locator("figure:has(#top-products)")
    figure.locator("summary").click()
    rank, price = (
        figure.locator("th", has_text=name) for name in (re.compile("^Rank$"), re.compile("^Average price$"))
    )
    price.locator("button").click()
    assert price.get_attribute("aria-sort") == "descending"
    column = price.evaluate("heading => heading.cellIndex")
    prices = [float(text.replace(",", "")) for text in figure.locator(f"td:nth-child({column + 1})").all_inner_texts()]
    assert prices == sorted(prices, reverse=True)
    rank.locator("button").click()
    rank.locator("button").click()
    assert rank.get_attribute("aria-sort") == "ascending"
    assert price.get_attribute("aria-sort") == "none"
    field = figure.locator("input[type=search]")
    field.fill("alert <b>")
    assert figure.locator("tbody tr:visible").count() == 1
    assert figure.locator(".found").inner_text().startswith("1 of ")
    field.fill("no such product")
    assert figure.locator("tbody tr:visible").count() == 0
    field.fill("")
    assert figure.locator("tbody tr:visible").count() == len(prices)


def test_names_from_the_data_are_shown_as_text(desktop: Visit) -> None:
    page = desktop.page
    assert desktop.dialogs == []
    assert page.locator("td", has_text="alert(").first.text_content() == NASTY
    assert page.locator("h3", has_text="alert(").count() == 1
    assert page.locator("main script, main td b, h3 b").count() == 0
    bar = page.locator("#top-products svg [class^=mark-rect] path").first
    bar.scroll_into_view_if_needed()
    bar.hover()
    page.wait_for_function("document.querySelector('#vg-tooltip-element')?.innerText.includes('{{ 7 * 7 }}')")
    assert page.locator("#vg-tooltip-element b, #vg-tooltip-element script").count() == 0
    assert desktop.dialogs == []


def test_the_page_fits_a_phone(phone: Visit) -> None:
    page = phone.page
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    too_wide = page.eval_on_selector_all(
        "h1, h2, h3, h4, p, figure, .chart, .chart svg, .facts, .selector, .cards, .scroll, select, input",
        """(all, width) => all
            .filter(one => one.getBoundingClientRect().right > width + 1)
            .map(one => one.outerHTML.slice(0, 90))""",
        PHONE["width"],
    )
    assert too_wide == []


def test_text_is_light_in_the_dark_and_dark_in_the_light(desktop: Visit, phone: Visit) -> None:
    brightness = """(all, name) => all.map(one => {
        const parts = getComputedStyle(one)[name].match(/[0-9]+/g).slice(0, 3);
        return parts.reduce((sum, part) => sum + Number(part), 0);
    })"""
    for opened, is_dark in ((desktop, False), (phone, True)):
        (paper,) = opened.page.eval_on_selector_all("body", brightness, "backgroundColor")
        labels = opened.page.eval_on_selector_all(".chart .role-axis-label text", brightness, "fill")
        assert len(labels) > 100
        assert (paper < 200) == is_dark
        assert {label > 500 for label in labels} == {is_dark}


def test_charts_and_tables_are_told_to_those_who_do_not_see_them(desktop: Visit) -> None:
    page = desktop.page
    charts = page.locator("[data-chart]")
    assert page.locator("[data-chart][role=img][aria-label]").count() == charts.count()
    assert page.locator("figure:not(:has(table))").count() == 0
    assert page.locator("h1").count() == 1
    levels = page.eval_on_selector_all("main h2, main h3, main h4", "all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 2
    assert all(after - before <= 1 for before, after in pairwise(levels))
    targets = page.eval_on_selector_all("nav a", "all => all.map(one => document.querySelectorAll(one.hash).length)")
    assert targets
    assert set(targets) == {1}
    assert page.eval_on_selector_all("[id]", "all => all.length - new Set(all.map(one => one.id)).size") == 0


def test_the_selector_works_from_the_keyboard(desktop: Visit) -> None:
    page = desktop.page
    first = page.locator("#shop-customers .selector input").first
    first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#shop-customers .selector input").nth(1).is_checked()
    page.wait_for_function("document.querySelectorAll('#shop-customers .cards article.faded').length > 0")
    page.keyboard.press("ArrowLeft")
    assert first.is_checked()
