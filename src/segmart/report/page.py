"""From sections to one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import vl_convert
from altair.utils.schemapi import debug_mode
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from segmart.report import charts, words
from segmart.report.blocks import Cover, Figure, Section

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
    """A chart as Vega-Lite without the legends of its named colours."""
    if isinstance(spec, list):
        return [without_legends(part) for part in spec]
    if not isinstance(spec, dict):
        return spec
    parts = {name: part if name == "datasets" else without_legends(part) for name, part in spec.items()}
    return {**parts, "color": {**parts["color"], "legend": None}} if _has_named_colours(spec) else parts


def _has_named_colours(encoding: dict[str, Any]) -> bool:
    colour = encoding.get("color")
    return isinstance(colour, dict) and colour.get("type") == "nominal"


@dataclass(frozen=True)
class Legend:
    """What the colours of a chart stand for.

    Attributes:
        title: What all of the names are, or None.
        names: Each name with its colour's place in the palette.
    """

    title: str | None
    names: Sequence[tuple[str, int]]


def legend_of(spec: Any) -> Legend | None:
    """The legend of a chart, if it has one.

    Args:
        spec: A chart as Vega-Lite; its first scale of named colours counts.
    """
    if isinstance(spec, list):
        return next(filter(None, map(legend_of, spec)), None)
    if not isinstance(spec, dict):
        return None
    if _has_named_colours(spec):
        colour = spec["color"]
        legend, names = colour.get("legend", {}), colour["scale"]["domain"]
        shown = [] if legend is None else legend.get("values", names)
        pairs = zip(names, colour["scale"]["range"], strict=True)
        found = [(name, charts.PALETTE.index(value)) for name, value in pairs if name in shown]
        return Legend(colour.get("title"), found) if found else None
    return next(filter(None, (legend_of(part) for name, part in spec.items() if name != "datasets")), None)


def render(sections: Sequence[Section], progress: Progress, cover: Cover | None = None) -> str:
    """The page.

    Args:
        sections: What stands in it, in this order.
        progress: Called with what is done at the moment.
        cover: What is said of the data.
    """
    specs, legends = {}, {}
    for section in sections:
        progress(f"{section.title}: {len(section.drawn_figures)} charts, {len(section.blocks)} blocks")
        for figure in section.drawn_figures:
            spec = specification(figure)
            specs[figure.key] = without_legends(spec)
            # The page's own legend wraps at any width.
            legends[figure.key] = legend_of(spec) if figure.has_legend else None
    progress("putting the page together")
    datasets = list(dict.fromkeys(section.dataset for section in sections))
    environment = Environment(
        loader=PackageLoader("segmart.report", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    colours = [f'[data-colour="{place}"] {{ --segment: {colour}; }}' for place, colour in enumerate(charts.PALETTE)]
    style, vega, script = "\n".join([_asset("page.css"), *colours]), vega_bundle(), _asset("page.js")
    return environment.get_template("page.html").render(
        cover=cover or Cover(),
        datasets={name: [section for section in sections if section.dataset == name] for name in datasets},
        legends=legends,
        palette=charts.PALETTE,
        day=words.day,
        specs=script_json(specs),
        settings=script_json({"config": charts.CONFIG, "night": charts.NIGHT, "locale": charts.locale()}),
        policy=Markup(security_policy([style], [vega, script])),
        style=Markup(style),
        script=Markup(script),
        vega=Markup(vega),
    )


def security_policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """What a browser may run of the page: these texts, by their hashes, and no address outside of it.

    Vega makes functions of the expressions in charts, for which it needs `unsafe-eval`. The expressions are the
    project's own; values from the data are never part of one.

    Args:
        styles: Texts of the style elements.
        scripts: Texts of the script elements that are run.
    """

    def hashes(texts: Sequence[str]) -> str:
        digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    return (
        f"default-src 'none'; script-src {hashes(scripts)} 'unsafe-eval'; style-src {hashes(styles)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
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
