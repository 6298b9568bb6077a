"""The runbooks of alerts as pages: ``docs/runbooks/*.md``, where an alert's link leads."""

from __future__ import annotations

import functools
import html

from markdown_it import MarkdownIt

from tokenboard import resources

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · tokenboard</title>
<link rel="stylesheet" href="/page/page.css">
</head>
<body>
<header><a class="brand" href="/">tokenboard</a></header>
<main class="runbook">{text}</main>
</body>
</html>
"""


@functools.lru_cache(maxsize=64)
def page(name: str) -> str | None:
    """The runbook of a rule as a page of HTML; None if there is none of that name."""
    folder = resources.folder("docs/runbooks")
    found = {path.stem: path for path in folder.glob("*.md")}.get(name)
    if found is None:
        return None
    text = found.read_text("utf-8")
    # Our own words, but a page is no place to find out that some of them are markup.
    shown = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    title = text.lstrip("# ").partition("\n")[0]
    return _PAGE.format(title=html.escape(title), text=shown)
