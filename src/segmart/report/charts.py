"""The report's way of drawing: colours that colour-blind people can tell apart, and one look for all charts.

Charts refer to their rows by the name ``rows``. Text, axes and grid have the colour of the page's text, so that they
suit a light and a dark page.
"""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from segmart.report import words

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#7F7F7F", "#B3A125", "#8A3FA0", "#7A4B2A")
"""Okabe & Ito, "Color Universal Design" (2008), with grey for black, and a darker yellow, as white paper needs.

Violet and brown stand behind them for those who need more than eight.
"""

BLUE, ORANGE, GREEN, PURPLE, VERMILION, SKY, GREY = PALETTE[:7]

SEQUENTIAL = ("#eef4f8", "#0b4a72")
DIVERGING = ("#b35806", "#f0bd80", "#f5f3ee", "#8fbcdb", "#0b5e8e")
NIGHT_SEQUENTIAL = ("#1d2a35", "#8fd0f5")
NIGHT_DIVERGING = ("#f0a04b", "#7a4a1b", "#232a32", "#22597c", "#6bbdf0")
"""In the dark what is small or usual is near the dark paper."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

ROWS = "rows"
DATA = alt.NamedData(ROWS)
INK = "currentColor"
CELL_INKS = ("#000000", "#ffffff")
"""One of them has a contrast of 4.5 or more on any colour."""

BAR_STEP = 24
CELL_STEP = 28

EXTREME_RATIO = 4.0

LINE_CHARACTERS = 26
LINE_HEIGHT = 13
MAX_LINES = 4
CHARACTER_WIDTH = 6.3
"""Pixels of a character of a name above a column, where it lies flat."""

NUMBER_WIDTH = 12
"""Pixels around the number at the end of a bar."""

CELL: dict[str, Any] = {"stroke": "#ffffff", "strokeWidth": 1.5, "strokeOpacity": alt.expr("night ? 0.15 : 0.6")}
"""Look of a heat map's cell."""

SHORT = "format(datum.value, abs(datum.value) < 1000 ? '~g' : '~s')"
"""Label of a number of any size; the SI prefix of a tenth would be 100m."""

LINES = "split(datum.label, '\\n')"

CONFIG: dict[str, Any] = {
    "background": None,
    "range": {"ramp": list(SEQUENTIAL), "diverging": list(DIVERGING)},
    "params": [{"name": "night", "value": False}],
    "font": FONT,
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelPadding": 6,
        "labelLimit": 190,
        "titleLimit": 400,
        "domain": False,
        "ticks": False,
        "gridColor": INK,
        "gridOpacity": 0.12,
    },
    "legend": {
        "labelColor": INK,
        "titleColor": INK,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 320,
        "titleLimit": 400,
        "orient": "bottom",
        "symbolType": "circle",
        "symbolStrokeWidth": 0,
        "gradientLength": 160,
    },
    "text": {"color": INK, "fontSize": 12},
    "rule": {"color": INK},
    "bar": {"color": BLUE},
    "line": {"color": BLUE},
    "point": {"color": BLUE, "filled": True},
}
"""Vega-Lite configuration of all charts."""

NIGHT: dict[str, Any] = {
    "range": {"ramp": list(NIGHT_SEQUENTIAL), "diverging": list(NIGHT_DIVERGING)},
    "params": [{"name": "night", "value": True}],
}
"""What is different in it on a dark page."""

COUNT = ",.0f"
SHARE = ",.1%"
WHOLE_SHARE = ",.0%"
DECIMAL = ",.2f"


def locale() -> dict[str, Any]:
    """Numbers in charts look like those in the text."""
    numbers = words.current_format()
    return {
        "decimal": numbers.decimal,
        "thousands": numbers.thousands,
        "grouping": [3],
        "currency": ["", ""],
        "percent": f"{words.SPACE}%",
    }


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name in the given order; from the eleventh on they repeat."""
    return {name: PALETTE[position % len(PALETTE)] for position, name in enumerate(names)}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON can hold them: dates as text, decimals as numbers of six digits, missing values as null."""
    columns = [[_json(value) for value in frame[name]] for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _json(value: Any) -> Any:
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_json(item) for item in value]
    if words.is_missing(value):
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating, Decimal)):
        number = float(value)
        # Six digits would lose the last ones of large counts that pandas turned into floats.
        return int(number) if number.is_integer() and abs(number) < 2**53 else float(f"{number:.6g}")
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    return str(value)


def chart(height: int | None = None) -> alt.Chart:
    """An empty chart as wide as its place, on the rows of its figure."""
    made = alt.Chart(DATA).properties(width="container")
    return made if height is None else made.properties(height=height)


def rows_height(rows: int, step: int = BAR_STEP) -> int:
    """Height in pixels of so many rows of bars or cells."""
    return max(1, rows) * step


def names_height(names: pd.Series, rows: int | None = None, step: int = BAR_STEP) -> int:
    """Height in pixels of rows with these names, which may have several lines.

    Args:
        names: Of the rows.
        rows: How many are shown at first, if not all.
        step: Of a row whose name has one line.
    """
    lines = max((words.text(name).count("\n") + 1 for name in names), default=1)
    return rows_height(len(names) if rows is None else rows, max(step, LINE_HEIGHT * lines + 6))


def chosen_heights(names: pd.Series, choices: pd.Series) -> dict[str, Any]:
    """What a chart whose list chooses the rows says about its height.

    Args:
        names: Of the rows.
        choices: Which choice shows each row.

    Returns:
        Vega-Lite's ``usermeta``: the height in pixels for each choice.
    """
    return {"heights": {choice: names_height(names[choices == choice]) for choice in choices.unique()}}


def tip(field: str, title: str, pattern: str | None = None) -> alt.Tooltip:
    """A line of a tooltip: a number if it has a pattern, else text."""
    shorthand = f"{field}:{'N' if pattern is None else 'Q'}"
    return (
        alt.Tooltip(shorthand, title=title) if pattern is None else alt.Tooltip(shorthand, title=title, format=pattern)
    )


def day_tip(field: str, title: str) -> alt.Tooltip:
    """A date in a tooltip."""
    return alt.Tooltip(f"{field}:T", title=title, format="%-d %B %Y")


def broken(name: str, characters: int = LINE_CHARACTERS) -> str:
    """A long name on up to four lines, broken at spaces, so that an axis need not cut it."""
    lines = textwrap.wrap(name, characters, break_on_hyphens=False, max_lines=MAX_LINES, placeholder="…")
    return "\n".join(lines) or name


def category_axis(field: str, **options: Any) -> alt.Y:
    """Names from top to bottom, in the order of the rows; a line end in a name starts a new line."""
    return alt.Y(f"{field}:N", title=None, sort=None, axis=name_axis(), scale=alt.Scale(paddingInner=0.25), **options)


def name_axis() -> alt.Axis:
    """Names of one line or more beside their rows."""
    return alt.Axis(labelExpr=LINES, labelLineHeight=LINE_HEIGHT, labelOffset=centred(LINES))


def centred(lines: str, offset: float = 0) -> dict[str, Any]:
    """How far the first line of a label is lifted so that all of them are centred.

    Args:
        lines: Vega expression of the list of its lines.
        offset: Pixels that every label is moved down, too.
    """
    lifted = [
        {"test": f"length({lines}) == {count}", "value": offset - (count - 1) * LINE_HEIGHT / 2}
        for count in range(2, MAX_LINES + 1)
    ]
    return {"condition": lifted, "value": offset}


MANY_COLUMNS = 18
"""Columns of a table-like chart from which on their names may be left out where they have no room."""


def top_axis(field: str, names: Sequence[str]) -> alt.X:
    """Names above the columns of a table-like chart, a line end where a line ends."""
    axis = alt.Axis(
        orient="top",
        labelExpr=LINES,
        labelAngle=0,
        labelLineHeight=LINE_HEIGHT,
        labelPadding=6 + LINE_HEIGHT * max((name.count("\n") for name in names), default=0),
        # Of hours of a day every other one will do.
        labelOverlap=len(names) > MANY_COLUMNS,
        labelLimit=300,
    )
    return alt.X(f"{field}:N", title=None, sort=None, axis=axis)


def upright_names(names: Sequence[str], row_names: Sequence[str]) -> dict[str, Any]:
    """What a chart with a `top_axis` says about places where its names do not fit side by side.

    Args:
        names: Names of the columns, a line end where a line ends.
        row_names: Names of the rows, which stand left of the columns.

    Returns:
        Vega-Lite's ``usermeta``: below which width of plot and of whole chart (pixels) the top axis gets which options.
    """
    columns = len(set(names))
    longest = max((len(line) for name in names for line in name.split("\n")), default=0)
    left = max((len(line) for name in row_names for line in name.split("\n")), default=0)
    plot = round(columns * (longest + 1) * CHARACTER_WIDTH)
    axis = {
        "labelExpr": "replace(datum.label, /\\n/g, ' ')",
        "labelAngle": -90,
        "labelAlign": "left",
        "labelBaseline": "middle",
        "labelPadding": 6,
    }
    return {"upright": {"plotBelow": plot, "chartBelow": plot + round(left * CHARACTER_WIDTH) + 20, "axis": axis}}


def with_upright_names(spec: Any, options: dict[str, Any]) -> Any:
    """A chart as Vega-Lite whose top axis has further options."""
    if isinstance(spec, list):
        return [with_upright_names(part, options) for part in spec]
    if not isinstance(spec, dict):
        return spec
    if spec.get("orient") == "top":
        return {**spec, **options}
    return {name: part if name == "datasets" else with_upright_names(part, options) for name, part in spec.items()}


def few_ticks(pattern: str) -> alt.Axis:
    """An axis with few numbers."""
    return alt.Axis(format=pattern, tickCount=5)


def short_ticks() -> alt.Axis:
    """An axis with few numbers of any size."""
    return alt.Axis(labelExpr=SHORT, tickCount=5, labelOverlap=True, labelSeparation=8)


def bars(
    frame: pd.DataFrame,
    name: str,
    value: str,
    title: str,
    pattern: str,
    tooltip: Sequence[alt.Tooltip],
    colour: Any = None,
    opacity: Any = None,
    rows: int | None = None,
    start: float = 0.0,
    choices: pd.Series | None = None,
) -> alt.LayerChart:
    """Horizontal bars, a row per name in the order of the rows, each with its number at the end.

    Args:
        frame: The rows.
        name: Column of the names.
        value: Column of the values.
        title: Of the values.
        pattern: How numbers are written.
        tooltip: What is shown of a bar.
        colour: Of the bars.
        opacity: Of the bars and their numbers.
        rows: How many rows are shown at first, if a list chooses them.
        start: Where bars begin: the value that means "no difference".
        choices: Which choice of the figure's list shows each row, if it has one: each choice has its own scale.
    """
    base = chart(names_height(frame[name], rows)).encode(y=category_axis(name), tooltip=list(tooltip))
    values = frame[value].dropna().astype(float)
    highest, lowest = (float(values.max()), float(values.min())) if len(values) else (start + 1, start)
    of_choices = None if choices is None else values.groupby(choices[values.index]).max().to_dict()
    numbers = [format_number(number, pattern) for number in values]
    scale = numbered_scale(min(start, lowest), highest, numbers, of_choices)
    x = alt.X(f"{value}:Q", title=title, axis=alt.Axis(labels=False, grid=False), scale=scale)
    marks = base.mark_bar(cornerRadiusEnd=2).encode(x=x, x2=alt.datum(start), **_given(color=colour, opacity=opacity))
    labels = base.mark_text(align="left", dx=5, fontSize=11).encode(
        x=x, text=alt.Text(f"{value}:Q", format=pattern), **_given(opacity=opacity)
    )
    return marks + labels


def numbered_scale(
    lowest: float, highest: float, numbers: Sequence[str], of_choices: Mapping[str, float] | None = None
) -> alt.Scale:
    """A scale of bars that goes on beyond the longest one, because numbers stand at their ends.

    Args:
        lowest: Where the scale begins.
        highest: Where the longest bar ends.
        numbers: As they are written.
        of_choices: Where the longest bar of each choice of the figure's list ends, if it has one.
    """
    reaches = {choice: end - lowest if end > lowest else 1.0 for choice, end in (of_choices or {"": highest}).items()}
    reach = f"({json.dumps(reaches)})[shown]" if of_choices else str(reaches[""])
    room = NUMBER_WIDTH + CHARACTER_WIDTH * max(map(len, numbers), default=1)
    end = alt.expr(f"{lowest} + {reach} * (1 + {room:.0f} / max(40, width - {room:.0f}))")
    return alt.Scale(domainMin=lowest, domainMax=end, nice=False, zero=False)


def format_number(value: float, pattern: str) -> str:
    """About what a number will look like, to know how much room it needs."""
    written = format(value, pattern.replace("~", "")).replace("%", f"{words.SPACE}%")
    return words.current_format().number(written)


def heat_map(
    frame: pd.DataFrame,
    x: str,
    y: str,
    value: str,
    pattern: str,
    title: str,
    tooltip: Sequence[alt.Tooltip],
    middle: float | None = None,
    is_ratio: bool = False,
    limits: tuple[float, float] | None = None,
    opacity: Any = None,
    text: str | None = None,
) -> alt.LayerChart:
    """Cells with their numbers, as far as these have room.

    Colours run from light to dark, or part at the middle; ratios part at 1, 2 like 1/2.
    """
    known = frame[value].dropna().astype(float)
    low, high = limits or (float(known.min()) if len(known) else 0.0, float(known.max()) if len(known) else 1.0)
    cell = f"datum[{value!r}]"
    if middle is None and not is_ratio:
        ends = [low, high]
        high = high if high > low else low + 1
        scale = alt.Scale(domain=[low, high], range="ramp", clamp=True, interpolate="rgb")
        place, name = f"({cell} - {low}) / {high - low}", "ramp"
    elif is_ratio:
        # Beyond this a ratio is extreme, and would make all others look alike.
        reach = min(max(high, 1 / low if low > 0 else 1.0, 1.01), EXTREME_RATIO)
        ends = [1 / reach, 1.0, reach]
        steps = [reach**step for step in (-1, -0.5, 0, 0.5, 1)]
        scale = alt.Scale(domain=steps, range="diverging", clamp=True, type="log", interpolate="rgb")
        place, name = f"0.5 + log(max({cell}, 1e-9)) / {2 * math.log(reach)}", "diverging"
    else:
        middle = middle or 0.0
        reach = max(abs(low - middle), abs(high - middle)) or 1.0
        ends = [middle - reach, middle, middle + reach]
        steps = [middle + reach * step for step in (-1, -0.5, 0, 0.5, 1)]
        scale = alt.Scale(domain=steps, range="diverging", clamp=True, interpolate="rgb")
        place, name = f"0.5 + ({cell} - {middle}) / {2 * reach}", "diverging"
    columns = frame[x].nunique()
    shown = frame[text] if text else [format_number(number, pattern) for number in known]
    number_width = 6 + CHARACTER_WIDTH * max((len(words.text(number)) for number in shown), default=1)
    base = chart(names_height(frame[y].drop_duplicates(), step=CELL_STEP)).encode(
        x=top_axis(x, [words.text(name) for name in frame[x]]),
        y=alt.Y(f"{y}:N", title=None, sort=None, axis=name_axis()),
        tooltip=list(tooltip),
        **_given(opacity=opacity),
    )
    cells = base.mark_rect(**CELL).encode(
        color=alt.Color(f"{value}:Q", title=title, scale=scale, legend=alt.Legend(format=pattern, values=ends))
    )
    # The size, because the selector has the opacity: of an encoding and a mark's own one only the encoding counts.
    numbers = base.mark_text(fontSize=alt.expr(f"width < {columns * number_width:.0f} ? 0 : 11")).encode(
        text=alt.Text(f"{value}:Q", format=pattern) if text is None else alt.Text(f"{text}:N"),
        color=on_cell(place, name),
    )
    names = [[words.text(name) for name in frame[axis]] for axis in (x, y)]
    return (cells + numbers).properties(usermeta=upright_names(*names))


def intervals(
    frame: pd.DataFrame,
    name: str,
    value: str,
    low: str,
    high: str,
    title: str,
    pattern: str,
    tooltip: Sequence[alt.Tooltip],
    reference: float | None = None,
    colour: Any = None,
    opacity: Any = None,
    rows: int | None = None,
) -> alt.LayerChart:
    """A dot with its interval per name, and a line at the value that means "no difference"."""
    base = chart(names_height(frame[name], rows)).encode(y=category_axis(name), tooltip=list(tooltip))
    # Whole per cents would show the same number twice where intervals are narrow.
    axis = few_ticks(",.1~%" if pattern == WHOLE_SHARE else pattern)
    x = alt.X(f"{value}:Q", title=title, axis=axis, scale=alt.Scale(zero=False))
    spans = base.mark_rule(strokeWidth=2, color=BLUE).encode(
        x=alt.X(f"{low}:Q", title=title, axis=axis, scale=alt.Scale(zero=False)),
        x2=alt.X2(f"{high}:Q"),
        **_given(color=colour, opacity=opacity),
    )
    dots = base.mark_circle(size=90, opacity=1, color=BLUE).encode(x=x, **_given(color=colour, opacity=opacity))
    layers = [spans, dots]
    if reference is not None:
        layers.insert(
            0, chart().mark_rule(strokeDash=[4, 4], opacity=0.6).encode(x=alt.datum(reference, type="quantitative"))
        )
    return alt.layer(*layers).properties(width="container")


def named_colours(
    field: str, of_names: Mapping[str, str], title: str | None = None, legend: Any = alt.Undefined
) -> alt.Color:
    """The given colour of each name."""
    scale = alt.Scale(domain=list(of_names), range=list(of_names.values()))
    return alt.Color(f"{field}:N", title=title, scale=scale, legend=legend)


def segment_colour(names: Sequence[str], field: str = "segment_name") -> alt.Color:
    """The fixed colour of each segment."""
    return named_colours(field, colours(names))


def shown(choice: str) -> alt.Parameter:
    """What the figure's list chooses, and this at first."""
    return alt.param(name="shown", value=choice)


def chosen_segment() -> alt.Parameter:
    """The segment that the section's selector brings forward; empty for all alike."""
    return alt.param(name="segment", value="")


def faded(field: str = "segment_name", full: float = 1.0, faint: float = 0.15) -> alt.OpacityValue:
    """Opacity of a mark: faint if another segment is chosen. The chart needs the parameter `chosen_segment`."""
    chosen = {"test": f"segment == '' || datum[{field!r}] == segment", "value": full}
    return alt.OpacityValue(faint, condition=chosen)


def on_cell(place: str, name: str) -> alt.ColorValue:
    """Colour of the number in a cell: that of the two inks which can be read better on the cell's colour.

    Args:
        place: Vega expression: where on the colour scale the cell lies, from 0 to 1.
        name: Of the colour scale, ``ramp`` or ``diverging``.
    """
    day, night = (light_parts(config["range"][name]) for config in (CONFIG, NIGHT))
    return alt.ColorValue(
        CELL_INKS[1],
        condition={"test": f"night ? {_within(place, night)} : {_within(place, day)}", "value": CELL_INKS[0]},
    )


def _within(place: str, parts: Sequence[tuple[float, float]]) -> str:
    limited = f"clamp({place}, 0, 1)"
    tests = [f"({limited} >= {low:.3f} && {limited} <= {high:.3f})" for low, high in parts]
    return f"({' || '.join(tests)})" if tests else "false"


def light_parts(colours: Sequence[str], steps: int = 400) -> list[tuple[float, float]]:
    """The parts of a colour scale, from 0 to 1, on which black can be read better than white.

    Args:
        colours: Of the scale, at equal distances; between them colours are mixed in RGB.
        steps: How fine to look.
    """
    places = np.linspace(0, 1, steps + 1)
    stops = np.linspace(0, 1, len(colours))
    channels = np.array([[int(colour[start : start + 2], 16) for start in (1, 3, 5)] for colour in colours]) / 255
    mixed = np.column_stack([np.interp(places, stops, channels[:, channel]) for channel in range(3)])
    is_light = luminance(mixed) > MIDDLE_LUMINANCE
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_light, [False]]).astype(int)))
    return [(float(places[first]), float(places[end - 1])) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def luminance(channels: np.ndarray) -> np.ndarray:
    """Relative luminance of colours. Source: Web Content Accessibility Guidelines 2.2.

    Args:
        channels: Red, green and blue from 0 to 1, in the last axis.
    """
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


MIDDLE_LUMINANCE = math.sqrt(1.05 * 0.05) - 0.05
"""Black and white have the same contrast on it."""


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
