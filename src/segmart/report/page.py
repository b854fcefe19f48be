"""From sections to one HTML file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import vl_convert
from altair.utils.schemapi import debug_mode
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from segmart.report import charts
from segmart.report.blocks import Figure, Section

VEGA_LITE = "6.4"
"""The version that both the page and the exported pictures are drawn with."""

Progress = Callable[[str], None]


def specification(figure: Figure) -> dict[str, Any]:
    """A chart as Vega-Lite, with its rows."""
    with debug_mode(False):
        spec = figure.chart.to_dict(validate=False)
    del spec["config"]
    return {**spec, "description": figure.description, "datasets": {charts.ROWS: charts.records(figure.data)}}


def without_legends(spec: Any) -> Any:
    """A chart as Vega-Lite without the legends of its colours."""
    if isinstance(spec, list):
        return [without_legends(part) for part in spec]
    if not isinstance(spec, dict):
        return spec
    return {
        name: {**part, "legend": None} if name == "color" and "field" in part else without_legends(part)
        for name, part in spec.items()
        if name != "datasets"
    } | ({"datasets": spec["datasets"]} if "datasets" in spec else {})


def render(sections: Sequence[Section], progress: Progress) -> str:
    """The page.

    Args:
        sections: What stands in it, in this order.
        progress: Called with what is done at the moment.
    """
    specs = {}
    for section in sections:
        progress(f"{section.title}: {len(section.drawn_figures)} charts, {len(section.blocks)} blocks")
        for figure in section.drawn_figures:
            spec = specification(figure)
            specs[figure.key] = spec if figure.has_legend else without_legends(spec)
    progress("putting the page together")
    environment = Environment(
        loader=PackageLoader("segmart.report", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        sections=sections,
        specs=script_json(specs),
        settings=script_json({"config": charts.CONFIG, "locale": charts.LOCALE}),
        style=Markup(_asset("page.css")),
        script=Markup(_asset("page.js")),
        vega=Markup(vega_bundle()),
    )


def script_json(value: Any) -> Markup:
    """JSON that can stand inside a script element, whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


@cache
def vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that can stand inside a script element."""
    return vl_convert.javascript_bundle(vl_version=VEGA_LITE).replace("</script", "<\\/script")


def _asset(name: str) -> str:
    return (files("segmart.report") / "assets" / name).read_text(encoding="utf-8")
