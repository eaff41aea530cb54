"""Makes the site: `python -m docs.build [--check] [--to FOLDER]`.

`--check` writes nothing and says what is missing or wrong in the documentation.
"""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from cloudward.registry import modules
from docs import check, reference
from docs.html import site
from docs.page import Page

HERE = Path(__file__).parent


def by_hand() -> Iterator[Page]:
    """The Markdown files below this folder."""
    for file in sorted(HERE.rglob("*.md")):
        text = file.read_text()
        title = text.partition("\n")[0].removeprefix("# ")
        yield Page(str(file.relative_to(HERE).with_suffix("")), title, text)


def outside() -> Iterator[Page]:
    """Pages of the project that are no part of the site."""
    for name in ("README.md", "CONTRIBUTING.md"):
        yield Page(name.removesuffix(".md"), name, (HERE.parent / name).read_text())


def pages() -> list[Page]:
    """Every page, by hand and made."""
    made = [page for module in modules(reference.__name__) for page in module.pages()]
    return [*by_hand(), *made]


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--to", type=Path, default=HERE.parent / "site")
    options = parser.parse_args()
    found = pages()
    if options.check:
        problems = list(check.problems(found, outside()))
        sys.stderr.writelines(f"{problem}\n" for problem in problems)
        sys.stdout.write(f"{len(found)} pages, {len(problems)} problems\n")
        return 1 if problems else 0
    shutil.rmtree(options.to, ignore_errors=True)
    for path, text in site(found):
        file = options.to / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    sys.stdout.write(f"{len(found)} pages in {options.to}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
