"""A folder for a static web server: the documentation that dbt wrote, and a report, behind one page."""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path

from segmart.publishing import SAMPLE
from segmart.report.marts import open_published

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Segmart</title>
<style>
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 10vh auto; padding: 0 1.25rem; }}
:root {{ color-scheme: light dark; }}
</style>
</head>
<body>
<h1>Segmart</h1>
<p>Made from: {source}.</p>
<ul>
<li><a href="report.html">The report</a>: what happened, who matters, and what was found.</li>
<li><a href="docs.html">The documentation</a>: every table and column, and how each is made from the raw files.</li>
</ul>
</body>
</html>
"""


class SiteError(Exception):
    """The folder can't be written: a sentence with the cure."""


def write_site(published: Path, docs: Path, report: Path, folder: Path, with_own_data: bool = False) -> None:
    """Put documentation and report into a folder, with a page that links both.

    Args:
        published: The published file that the report was made from.
        docs: The page that ``dbt docs generate --static`` wrote.
        report: The page that ``segmart report`` wrote.
        folder: Gets ``index.html``, ``docs.html`` and ``report.html``; files of these names are replaced.
        with_own_data: Whether the report may be of other data than the sample.

    Raises:
        SiteError: A page is missing, or the report is not of the sample.
        UnreadableMartsError: The published file is missing or broken.
    """
    for page, command in ((docs, "dbt docs generate --static"), (report, "segmart report")):
        if not page.is_file():
            raise SiteError(f"{page} is not there: `{command}` writes it")
    with open_published(published) as connection:
        found = connection.execute("select data_source from published.publication limit 1").fetchone()
    source = found[0] if found else ""
    if source != SAMPLE and not with_own_data:
        raise SiteError(f"{published} is made from {source}, and a site is for all to see: --own-data allows it")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(docs, folder / "docs.html")
    shutil.copyfile(report, folder / "report.html")
    (folder / "index.html").write_text(PAGE.format(source=escape(source)), encoding="utf-8")
    # Some hosts leave out files whose names begin with an underscore unless this one is there.
    (folder / ".nojekyll").touch()
