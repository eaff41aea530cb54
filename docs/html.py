"""Pages as plain HTML files that need no server and no script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from os.path import relpath

from markdown_it import MarkdownIt

from docs.page import Page, anchor

SECTIONS = {
    "tutorials": "Learn",
    "guides": "Do",
    "concepts": "Understand",
    "reference": "Look up",
    "decisions": "Decisions",
}
FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - cloudward</title><link rel="stylesheet" href="{root}style.css"></head>
<body><nav>{menu}</nav><main>{body}</main></body></html>
"""
STYLE = """:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;display:flex}
nav{width:15rem;flex:none;padding:1rem;border-right:1px solid #8884;box-sizing:border-box}
nav ul{list-style:none;padding:0;margin:.2rem 0 1rem}
main{max-width:52rem;padding:1rem 2rem;min-width:0;overflow-wrap:anywhere}
pre{overflow-x:auto;padding:.8rem;background:#8882}
code{background:#8882;padding:0 .2em}pre code{padding:0;background:none}
table{border-collapse:collapse;display:block;overflow-x:auto}
td,th{border:1px solid #8884;padding:.2rem .6rem;text-align:left;vertical-align:top}
@media(max-width:50rem){body{display:block}nav{width:auto;border:0}}
"""
LINK = re.compile(r'href="(?![a-z]+:|#)([^"#]+)\.md(#[^"]*)?"')
HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>")


def site(pages: Iterable[Page]) -> Iterator[tuple[str, str]]:
    """The files of the site by their path."""
    listed = [page for page in pages if not page.path.startswith("decisions/README")]
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    for page in listed:
        depth = page.path.count("/")
        yield (
            f"{page.path}.html",
            FRAME.format(
                title=escape(page.title),
                root="../" * depth,
                menu=_menu(listed, page),
                body=_anchored(LINK.sub(r'href="\1.html\2"', markdown.render(page.body))),
            ),
        )
    yield "style.css", STYLE
    start = next(page for page in listed if page.section == "tutorials")
    yield "index.html", f'<meta http-equiv="refresh" content="0; url={start.path}.html">\n'


def _menu(pages: list[Page], here: Page) -> str:
    """Pages of the sections; pages below a section (one policy) are reached from their list."""
    parts = []
    for section, title in SECTIONS.items():
        links = [
            f'<li><a href="{relpath(f"{page.path}.html", here.section or ".")}">{escape(page.title)}</a></li>'
            for page in pages
            if page.section == section
        ]
        parts.append(f"<b>{title}</b><ul>{''.join(links)}</ul>")
    return "".join(parts)


def _anchored(html: str) -> str:
    def heading(match: re.Match[str]) -> str:
        level, inner = match.groups()
        return f'<h{level} id="{anchor(re.sub("<.*?>", "", inner))}">{inner}</h{level}>'

    return HEADING.sub(heading, html)
