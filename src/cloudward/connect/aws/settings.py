"""What a connector of many accounts is told, checked before anything is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import msgspec

from cloudward.errors import UsageError, near

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
"""What a connector may be called."""
ACCOUNT = re.compile(r"\d{12}")
ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/([\w+=,.@/-]{1,512})", re.ASCII)
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Which accounts are read, and with which role in each of them."""

    role: str
    """The role's name, the same in every account."""
    organization: bool = False
    """All accounts of the organization of the credentials; else `accounts`."""
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Only these; none: all that are enabled."""
    web_identity_token_file: str = ""
    """A file with the token of an OIDC provider, which stands for credentials of one's own ..."""
    web_identity_role: str = ""
    """... and the ARN of the role that it is good for."""

    def __post_init__(self) -> None:
        _fit(ROLE_NAME, self.role, "a role's name", "it stands without its path and account: cloudward")
        for account in self.accounts:
            _fit(ACCOUNT, account, "an account's id", "it has 12 digits")
        for region in self.regions:
            _fit(REGION, region, "a region", "for example eu-west-1")
        if self.organization == bool(self.accounts):
            raise UsageError("which accounts?", "say either --organization or --accounts")
        if bool(self.web_identity_token_file) != bool(self.web_identity_role):
            raise UsageError(
                "--web-identity-token-file and --web-identity-role belong together",
                "the file holds the token, the role is the one that it is good for",
            )
        if self.web_identity_role:
            _fit(ROLE_ARN, self.web_identity_role, "a role's ARN", "arn:aws:iam::111122223333:role/NAME")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From what a store or a file keeps; a name that there is not is refused with the near one."""
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise UsageError(f"unknown setting {name!r}{near(name, names)}", f"one of {', '.join(names)}")
        if "role" not in values:
            raise UsageError("a connector needs the name of a role", "--role cloudward")
        try:
            return msgspec.convert(dict(values), cls)
        except msgspec.ValidationError as error:
            raise UsageError(f"a setting is not what it should be: {error}") from error

    def kept(self) -> dict[str, Any]:
        """What `of` takes: only what is set, as JSON has it."""
        values = asdict(self)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items() if v}


def account_list(text: str, file: Path | None = None) -> tuple[str, ...]:
    """Ids between commas, and those of a file: one a line, what stands behind # is a remark."""
    lines = _lines(file) if file else []
    found = [word.strip() for line in (text, *lines) for word in line.partition("#")[0].split(",")]
    return tuple(dict.fromkeys(filter(None, found)))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error


def _fit(pattern: re.Pattern[str], text: object, what: str, hint: str) -> None:
    if not (isinstance(text, str) and pattern.fullmatch(text)):
        raise UsageError(f"{text!r} is not {what}", hint)
