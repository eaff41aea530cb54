"""Pages as plain HTML files that need no server and no script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from os.path import relpath
from pathlib import Path

from markdown_it import MarkdownIt

from docs.page import Page, anchor

GUIDES = {
    "Scan": ("accounts", "ci", "events", "output", "query", "python", "compare"),
    "Decide": ("assignments", "parameters", "write-a-policy", "plans", "apply"),
    "Find attacks": ("detect", "incidents", "behaviour", "indicators", "sigma"),
    "Serve": (
        "portal",
        "server",
        "deploy",
        "hardening",
        "security",
        "jobs",
        "notifications",
        "backup",
        "asvs",
    ),
}
"""What people do, in the order in which they do it."""
SECTIONS = {
    "tutorials": "Learn",
    "concepts": "Understand",
    "reference": "Look up",
    "decisions": "Decisions",
}
LEAD = (
    "Finds what is wrong in your clouds and clusters and who attacks them, says why, "
    "and says what it could not see."
)
FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} - cloudward</title><link rel="stylesheet" href="{root}style.css"></head>
<body><nav id="menu"><p><a href="{root}index.html"><b>cloudward</b></a></p>{menu}</nav>
<main><p class="top"><a href="{root}index.html"><b>cloudward</b></a> <a href="#menu">All pages</a></p>
{body}</main></body></html>
"""
STYLE = (Path(__file__).parent / "style.css").read_text()
LINK = re.compile(r'href="(?![a-z]+:|#)([^"#]+)\.md(#[^"]*)?"')
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
MARKUP = re.compile(r"[`*]+|\[([^\]]*)\]\([^)]*\)")
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
    title, menu = "Documentation", _menu(listed, Page("index", "", ""))
    yield "index.html", FRAME.format(title=title, root="", menu=menu, body=_front(listed))


def _groups(pages: Iterable[Page]) -> Iterator[tuple[str, list[Page]]]:
    """What stands together, in the order in which it is read."""
    found = {page.path: page for page in pages}
    yield SECTIONS["tutorials"], [page for page in found.values() if page.section == "tutorials"]
    for title, names in GUIDES.items():
        yield title, [found[path] for path in (f"guides/{name}" for name in names) if path in found]
    for section, title in SECTIONS.items():
        if section != "tutorials":
            yield title, [page for page in found.values() if page.section == section]


def _menu(pages: list[Page], here: Page) -> str:
    """Pages of the sections; pages below a section (one policy) are reached from their list."""
    parts = []
    for title, group in _groups(pages):
        links = []
        for page in group:
            current = ' aria-current="page"' if page is here else ""
            target = relpath(f"{page.path}.html", here.section or ".")
            links.append(f'<li><a href="{target}"{current}>{escape(page.title)}</a></li>')
        parts.append(f"<b>{title}</b><ul>{''.join(links)}</ul>")
    return "".join(parts)


def _front(pages: list[Page]) -> str:
    """What there is to read, and what each page is for."""
    parts = [f"<h1>cloudward</h1><p>{LEAD}</p>"]
    for title, group in _groups(page for page in pages if page.section != "decisions"):
        if group:
            links = "".join(
                f'<dt><a href="{page.path}.html">{escape(page.title)}</a></dt><dd>{_first(page)}</dd>'
                for page in group
            )
            parts.append(f"<h2>{title}</h2><dl>{links}</dl>")
    return "".join(parts)


def _first(page: Page) -> str:
    """The first sentence of a page."""
    text = FENCE.sub("", page.body.partition("\n")[2])
    paragraphs = (part.strip() for part in text.split("\n\n"))
    first = next((part for part in paragraphs if part[:1].isalpha()), "")
    sentence = re.split(r"(?<=[.:;])\s", " ".join(first.split()), maxsplit=1)[0]
    return escape(MARKUP.sub(r"\1", sentence).rstrip(":;."))


def _anchored(html: str) -> str:
    def heading(match: re.Match[str]) -> str:
        level, inner = match.groups()
        return f'<h{level} id="{anchor(re.sub("<.*?>", "", inner))}">{inner}</h{level}>'

    return HEADING.sub(heading, html)
