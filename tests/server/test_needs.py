"""What a caller may not see is not there; what he may see and not do is forbidden."""

from __future__ import annotations

import pytest

from cloudward.errors import DeniedError, MissingError
from cloudward.server.needs import Caller, Permission

READER = Caller(
    "u1",
    "reader",
    scopes=lambda permission: frozenset({"a"} if permission is Permission.READ else ()),
    everywhere=lambda _permission: False,
)


def test_a_scope_that_he_may_not_see_is_not_there() -> None:
    with pytest.raises(MissingError, match="there is no scope 'b'"):
        READER.must(Permission.EXEMPT, "b")


def test_what_he_may_not_do_where_he_reads_is_forbidden() -> None:
    with pytest.raises(DeniedError, match="reader may not exempt in a"):
        READER.must(Permission.EXEMPT, "a")


def test_the_root_needs_a_role_there() -> None:
    with pytest.raises(DeniedError, match="for all scopes"):
        READER.must(Permission.READ, "")


def test_what_he_may_do_goes_on() -> None:
    READER.must(Permission.READ, "a")
