"""The report as people see it: opened from disk in Chromium, without a network."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from report_files import NASTY

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}

OPEN_ALL = """
    document.querySelectorAll("details").forEach(folded => { folded.open = true; });
    window.dispatchEvent(new Event("beforeprint"));
"""
"""Unfolds everything, and has the page show and draw all datasets, as paper needs it."""

SHOWN_UNDRAWN = """
    [...document.querySelectorAll("[data-chart]:not([data-drawn=yes])")].filter(chart => chart.checkVisibility()).length
"""
UNDRAWN = "[data-chart]:not([data-drawn=yes])"
TIMEOUT = 60_000

TEXT_FAULTS = Path(__file__).with_name("text_faults.js").read_text(encoding="utf-8")
"""Function that names texts which are cut or shortened, or overlap others."""

SCREENS = {320: "dark", 390: "dark", 768: "light", 1280: "light", 1920: "dark"}
"""Widths in pixels, each in the light or in the dark."""

MOST_PIXELS = {1440: 18_866, 390: 29_604}
"""Widths, and how high all datasets may be together: half of the 37,732 and 59,209 pixels of a report without
folds and with fewer subjects."""

MOST_PAGES = 21

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


CELL_CONTRASTS = """() => {
    const luminance = (one) => getComputedStyle(one).fill.match(/[0-9]+/g).slice(0, 3)
        .map(part => part / 255)
        .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0.05);
    return [...document.querySelectorAll("[data-chart]")].flatMap(chart => {
        const cells = [...chart.querySelectorAll(".mark-rect.role-mark path")];
        const numbers = [...chart.querySelectorAll(".mark-text.role-mark text")];
        const middle = (one) => { const box = one.getBoundingClientRect(); return box.left + box.width / 2; };
        const isInside = (number, place) => number.textContent && Math.abs(middle(number) - middle(cells[place])) < 3;
        if (cells.length !== numbers.length || !numbers.every(isInside)) return [];
        const pairs = numbers.map((number, place) => [luminance(number), luminance(cells[place])]);
        return pairs.map(pair => Math.max(...pair) / Math.min(...pair));
    });
}"""
"""Contrast of each number that stands in the middle of its cell."""


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
    page.evaluate(OPEN_ALL)
    wait_until_drawn(page)


def wait_until_drawn(page: Page) -> None:
    page.wait_for_function(f"{SHOWN_UNDRAWN} === 0", timeout=TIMEOUT)


@pytest.fixture(scope="module")
def screen(browser: Browser, report_page: Path) -> Callable[[int], Visit]:
    """The page on a screen of this width, everything unfolded and drawn."""
    opened: dict[int, Visit] = {}

    def of_width(width: int) -> Visit:
        if width not in opened:
            size = {"width": width, "height": PHONE["height"] if width < 600 else DESKTOP["height"]}
            opened[width] = visit(browser, report_page, viewport=size, color_scheme=SCREENS[width])
            draw_all(opened[width].page)
        return opened[width]

    return of_width


@pytest.fixture(scope="module")
def desktop(screen: Callable[[int], Visit]) -> Visit:
    return screen(DESKTOP["width"])


@pytest.fixture(scope="module")
def phone(screen: Callable[[int], Visit]) -> Visit:
    """The page on a phone in the dark."""
    return screen(PHONE["width"])


def test_the_page_opens_from_disk_without_network_and_errors(desktop: Visit, phone: Visit, report_page: Path) -> None:
    for opened in (desktop, phone):
        assert opened.messages == []
        assert [url for url in opened.requests if url != report_page.as_uri() and not url.startswith("data:")] == []


def test_every_chart_is_drawn_and_not_just_there(desktop: Visit, phone: Visit) -> None:
    for opened in (desktop, phone):
        charts = [chart for chart in opened.page.query_selector_all("[data-chart]") if chart.is_visible()]
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
    assert page.locator(UNDRAWN).count() > 10
    # Folded, and of another dataset, too.
    for place in ("#pareto", "#shop-customers-sizes"):
        assert page.locator(place).get_attribute("data-drawn") is None
        page.evaluate(f"location.hash = '{place}'")
        page.wait_for_selector(f"{place}[data-drawn=yes]", timeout=TIMEOUT)
        assert page.locator(place).is_visible()
    assert page.locator("#products").is_hidden()
    page.context.close()


def test_a_switch_shows_one_dataset_at_a_time(browser: Browser, report_page: Path) -> None:
    page = visit(browser, report_page).page
    datasets = page.locator("[data-dataset]")
    assert datasets.count() == 4
    for name in ("grocery", "chips"):
        page.locator(".switch label", has_text=name).click()
        shown = datasets.evaluate_all("all => all.filter(one => one.checkVisibility()).map(one => one.dataset.dataset)")
        assert shown == [name]
    evidence = page.locator("#summary-chips .findings a").first
    evidence.click()
    target = page.locator(evidence.get_attribute("href"))
    assert target.is_visible()
    assert 0 <= target.bounding_box()["y"] < DESKTOP["height"]
    page.context.close()


def test_the_first_screen_says_what_the_data_are(browser: Browser, report_page: Path) -> None:
    page = visit(browser, report_page).page
    assert page.locator(".sample").inner_text().lower().startswith("synthetic sample")
    mark = page.evaluate("getComputedStyle(document.body, '::before').content")
    assert mark == '"synthetic sample"'
    for place in (
        "#summary-chips .period",
        "#summary-chips .facts",
        "#sales-over-time-chips",
        "#rfm-segments-chips",
        "#summary-chips .findings",
    ):
        assert page.locator(place).bounding_box()["y"] < DESKTOP["height"], place
    page.context.close()


def test_the_page_stays_short(browser: Browser, report_page: Path) -> None:
    for width, most in MOST_PIXELS.items():
        page = visit(browser, report_page, viewport={"width": width, "height": 900}).page
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        wait_until_drawn(page)
        assert page.evaluate("document.documentElement.scrollHeight") < most, width
        page.context.close()


def test_paper_shows_all_datasets(browser: Browser, report_page: Path, tmp_path: Path) -> None:
    opened = visit(browser, report_page, viewport={"width": 700, "height": 990})
    page = opened.page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    wait_until_drawn(page)
    assert page.evaluate(TEXT_FAULTS) == []
    assert page.locator("[data-chart][data-drawn=yes]").count() > 20
    page.pdf(path=tmp_path / "report.pdf", format="A4", print_background=True)
    printed = (tmp_path / "report.pdf").read_bytes()
    assert len(printed) > 100_000
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= MOST_PAGES
    assert opened.messages == []
    page.context.close()


@pytest.mark.parametrize("width", SCREENS)
def test_no_text_is_cut_or_overlaps(screen: Callable[[int], Visit], width: int) -> None:
    opened = screen(width)
    assert opened.page.evaluate(TEXT_FAULTS) == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.messages == []


def test_texts_that_are_cut_or_overlap_are_found(browser: Browser, tmp_path: Path) -> None:
    page_file = tmp_path / "page.html"
    page_file.write_text(
        """<!DOCTYPE html><body>
        <div id="cut" style="width: 40px; overflow: hidden; white-space: nowrap">much too long</div>
        <p>fine</p><svg id="drawn" width="200" height="60"><text x="9" y="20">one</text><text x="12" y="22">two</text>
        <text x="90" y="20">a…</text><text x="9" y="50" opacity="0">x</text><text x="9" y="50">y</text></svg></body>"""
    )
    page = visit(browser, page_file).page
    found = sorted(fault.split(":")[0].split(" by")[0] for fault in page.evaluate(TEXT_FAULTS))
    assert found == ["cut", "overlap", "shortened"]
    page.context.close()


@pytest.mark.parametrize("width", [DESKTOP["width"], 1920])
def test_the_number_in_every_cell_can_be_read(screen: Callable[[int], Visit], width: int) -> None:
    """Axe does not look at drawings; one of the two screens is dark."""
    contrasts = screen(width).page.evaluate(CELL_CONTRASTS)
    assert len(contrasts) > 500
    assert min(contrasts) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, report_page: Path, scheme: Literal["light", "dark"]) -> None:
    page = visit(browser, report_page, color_scheme=scheme).page
    page.evaluate(OPEN_ALL)
    # Rows of a table look alike, and axe takes its time with each.
    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach(row => row.remove())")
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.response["violations"] == [], found.generate_report()
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
        const paths = document.querySelectorAll("#shop-customers-distributions svg .mark-area path");
        return [...paths].map(path => path.getAttribute("d")).sort().join();
    }"""
    before = page.evaluate(lines)
    features = page.locator("select[data-figure=shop-customers-distributions]")
    features.select_option(index=1)
    page.wait_for_function(f"before => ({lines})() !== before", arg=before)
    features.select_option(index=0)
    page.wait_for_function(f"before => ({lines})() === before", arg=before)


def test_a_chart_grows_with_the_rows_that_are_chosen(desktop: Visit) -> None:
    page = desktop.page
    choices = page.locator("select[data-figure=affinities]")
    rows, heights = set(), set()
    for index in range(choices.locator("option").count()):
        choices.select_option(index=index)
        page.wait_for_timeout(300)
        rows.add(page.locator("#affinities .mark-symbol path").count())
        heights.add(round(page.locator("#affinities svg").bounding_box()["height"]))
    assert len(rows) > 1
    assert len(heights) == len(rows)


def test_a_choice_made_before_a_chart_is_drawn_counts(browser: Browser, report_page: Path) -> None:
    page = visit(browser, report_page).page
    page.locator(".switch label", has_text="shop").click()
    page.locator("#shop-customers .selector input").nth(1).evaluate(
        "input => { input.checked = true; input.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    page.evaluate("location.hash = '#shop-customers-sizes'")
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
    assert page.locator("h4", has_text="alert(").count() == 1
    assert page.locator("main script, main td b, h4 b").count() == 0
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
        "h1, h2, h3, h4, h5, p, nav a, figure, .chart, .chart svg, .facts, .selector, .cards, .scroll, select, input",
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
    levels = page.eval_on_selector_all("main :is(h2, h3, h4, h5)", "all => all.map(one => Number(one.tagName[1]))")
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
