"""Secrets inside of texts that others wrote: command lines, messages, lines of logs."""

from __future__ import annotations

import re

WORD = r"(?:pass(?:word|wd|phrase)?|pwd|(?<!:)secret|token|api[_-]?key|authorization)"
"""An ARN names a secret by `:secret:`, and says none."""
PATTERNS = (
    re.compile(
        rf"""(?i)({WORD}[\w-]{{0,40}}["']?\s{{0,4}}[:=]\s{{0,4}}["']?(?:(?:bearer|basic)\s{{1,4}})?)[^\s"',;&}}]+"""
    ),
    re.compile(rf"""(?i)(--[\w-]{{0,40}}{WORD}[\w-]{{0,40}}\s{{1,4}}["']?)[^\s"',;&}}-][^\s"',;&}}]*"""),
    re.compile(r"(://[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@)"),
    re.compile(r"()\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"),
    re.compile(r"(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)[^-]+"),
)


def masked(text: str) -> str:
    """The text without what looks like a secret in it."""
    for pattern in PATTERNS:
        text = pattern.sub(r"\1***", text)
    return text
