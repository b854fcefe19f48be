"""Write the report and the pictures of its charts."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import vl_convert

from segmart.publishing import last_failure
from segmart.report import charts
from segmart.report.blocks import Figure, Section
from segmart.report.marts import Marts
from segmart.report.page import VEGA_LITE, Progress, render, specification
from segmart.report.sections import all_sections
from segmart.report.sections.summary import cover

GENERATOR = b'<meta name="generator" content="Segmart">'
"""In the first lines of every report."""

PICTURE_WIDTH = 720
TITLE_CHARACTERS = 80
PICTURE_SCALE = 2
"""Pixels of a PNG per pixel of the drawing."""


def write_report(published: Path, report: Path, pictures: Path | None, progress: Progress) -> None:
    """Read the published marts and write the page, and the charts as files if wanted.

    Args:
        published: The published DuckDB file.
        report: The page; replaced in one step.
        pictures: Folder that gets an SVG and a PNG of every chart, or None.
        progress: Called with what is done at the moment.

    Raises:
        UnreadableMartsError: The published file is missing or broken.
        OSError: Something can't be written, or lies where the report would and is no report.
    """
    target = report_target(report)
    progress(f"reading {published}")
    with Marts(published) as marts:
        sections, about = all_sections(marts), cover(marts, last_failure(published))
    _replace(target, render(sections, progress, about))
    if pictures is not None:
        write_pictures(sections, pictures, progress)


def report_target(report: Path) -> Path:
    """The file that a report replaces: itself, or what it is a link to.

    Raises:
        FileExistsError: If something is there that is no report, such as a raw file or the published marts.
    """
    target = report.resolve()
    if target.is_dir():
        raise FileExistsError(f"{report} is a folder: name a file in it with --out")
    if target.exists():
        with target.open("rb") as file:
            if GENERATOR not in file.read(1000):
                raise FileExistsError(f"{report} is there and is no report: name another file with --out, or remove it")
    return target


def write_pictures(sections: list[Section], folder: Path, progress: Progress) -> None:
    """Write every chart as SVG and as PNG, with its title, on white."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [figure for section in sections for figure in section.drawn_figures]
    for number, figure in enumerate(drawn, start=1):
        progress(f"chart {number} of {len(drawn)}: {figure.key}")
        spec = picture(figure)
        options: dict[str, Any] = {"vl_version": VEGA_LITE, "config": charts.CONFIG, "format_locale": charts.locale()}
        svg = vl_convert.vegalite_to_svg(spec, **options)
        (folder / f"{figure.key}.svg").write_text(svg, encoding="utf-8")
        (folder / f"{figure.key}.png").write_bytes(vl_convert.svg_to_png(svg, scale=PICTURE_SCALE))


def picture(figure: Figure) -> dict[str, Any]:
    """A chart that stands alone: with a fixed width, its title, black text and a white ground."""
    title = {
        "text": wrapped(figure.title, TITLE_CHARACTERS),
        "anchor": "start",
        "frame": "group",
        "fontSize": 15,
        "offset": 14,
        "color": "#1c2430",
    }
    spec = specification(figure)
    names = spec.get("usermeta", {}).get("upright")
    if names and names["plotBelow"] > PICTURE_WIDTH:
        spec = charts.with_upright_names(spec, names["axis"])
    return {**spec, "width": PICTURE_WIDTH, "title": title, "background": "#ffffff", "padding": 16}


def wrapped(text: str, characters: int) -> list[str]:
    """Lines of at most so many characters, where words allow."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= characters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _replace(path: Path, text: str) -> None:
    """Write a file beside the old one and rename it, so that nobody opens half a page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
