"""Lines of at most a width, in which nothing breaks that a person copies: no word, address or argument."""

from __future__ import annotations

import re
from collections.abc import Iterator

HANG = 2
"""How much further in a line goes on."""
JOINED = "\u00a0"
"""A space at which no line ends; it is printed as an ordinary one."""

_COMMAND = re.compile(
    r"(?:(?P<prose>.*?:) )?(?P<command>(?:aws|az|gcloud|kubectl|helm|cloudward) .*)", re.DOTALL
)
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
_PART = re.compile(r"[^.,/()\[\]]*[.,/()\[\]]*")
_COPIED = ("://", "arn:", "/subscriptions/")


def wrapped(text: str, width: int, indent: int = 0, hang: int = 0) -> Iterator[str]:
    """The text on lines, all but the first `hang` further in.

    A word that fits on no line is broken behind a dot, comma, slash or bracket; an address never is, nor
    what a no-break space joins.
    """
    line, room = " " * indent, width - indent - hang
    begun = False
    for word in text.split(" "):
        for number, part in enumerate(_parts(word, room)):
            glue = " " if begun and number == 0 else ""
            if begun and len(line) + len(glue) + len(part) > width:
                yield line
                line, glue = " " * (indent + hang), ""
            line, begun = line + glue + part.replace(JOINED, " "), True
    yield line


def hanging(text: str, width: int, indent: int = 0) -> Iterator[str]:
    """The text on lines, all but the first further in."""
    return wrapped(text, width, indent, HANG)


def command(text: str, width: int, indent: int = 0) -> Iterator[str]:
    """A step in a shell: what to type may go on behind a backslash, but only between arguments."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        yield from wrapped(text, width, indent)
        return
    if found["prose"]:
        yield from wrapped(found["prose"], width, indent)
    line = " " * indent
    for argument in _arguments(found["command"]):
        if line.strip() and len(line) + len(argument) + len("  \\") > width:
            yield f"{line} \\"
            line = " " * (indent + HANG)
        line += f" {argument}" if line.strip() else argument
    yield line


def _arguments(text: str) -> Iterator[str]:
    """An option stands with its value."""
    words = _WORD.findall(text)
    while words:
        word = words.pop(0)
        follows = words and word.startswith("--") and "=" not in word and not words[0].startswith("-")
        yield f"{word} {words.pop(0)}" if follows else word


def _parts(word: str, room: int) -> Iterator[str]:
    if len(word) <= room or any(mark in word for mark in _COPIED):
        yield word
        return
    part = ""
    for piece in _PART.findall(word):
        if part and len(part) + len(piece) > room:
            yield part
            part = ""
        part += piece
    yield part
