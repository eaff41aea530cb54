"""What a type file says: the fields of a resource type and what their absence means."""

from __future__ import annotations

from typing import Any

import msgspec


class Field(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A declared field. Objects have `fields`; lists and maps have `items` (their element or value).

    `type` is `string`, `integer`, `number`, `boolean`, `timestamp`, `json`, `any`, `list`, `map` or `object`.
    A scalar without a default is null when it was read and is not there; `live` and `template` tell for
    which kind of document a default is documented. Lists, maps and objects are never null.
    """

    name: str
    type: str
    items: Field | None = None
    fields: tuple[Field, ...] = ()
    default: Any = None
    default_template: Any = None
    """Same as `default` unless the type file gives two."""
    live: bool = True
    """False: the provider documents a default for templates only, so a live document without it is unread."""
    template: bool = True
    secret: bool = False
    volatile: bool = False
    values: tuple[str, ...] = ()
    source: str = ""
    doc: str = ""
    line: int = 0


class Type(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A resource type of a provider, as its type file declares it."""

    name: str
    provider: str
    scope: str
    """`global`: read once per account; `regional`: every enabled region counts for "there is none"."""
    fields: tuple[Field, ...]
    view: str = ""
    """`account.PasswordPolicy`: where a singleton stands in the views that join them."""
    names: dict[str, str] = {}
    """Further names of conditions for parts of the document: `pod` -> `spec.template.spec`."""
    title: str = ""
    source: str = ""
    file: str = ""
