"""Whose word counts, and which words are not taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cloudward.assess.attestations import Attestations, check
from cloudward.errors import UsageError
from cloudward.model import Attestation, Attested, Control, Provider, Scope, Standard
from tests.assess.build import NOW
from tests.assess.estate import account
from tests.assess.runs import DAY

STANDARD = Standard(
    "st",
    "Small",
    "1",
    "p",
    "https://x.example",
    (Provider.AWS,),
    {},
    (
        Control("1", "People", manual="Look."),
        Control("2", "Machines", policies=("one", "two")),
        Control("3", "Both", policies=("one",), manual="Look at the rest."),
        Control("4", "Nobody", uncovered="Not here."),
    ),
)
ORG = Scope("org", Provider.AWS, "organization")
SCOPES = [ORG, account("s", "org"), account("t", "org")]


def word(id: str = "a", **more: Any) -> Attestation:
    given: dict[str, Any] = {"control": "1", "created_at": NOW, "expires": NOW + 90 * DAY, **more}
    return Attestation(
        id=id,
        standard="st",
        state=given.pop("state", Attested.COMPLIANT),
        statement=given.pop("statement", "We looked."),
        owner=given.pop("owner", "ann"),
        created_by=given.pop("created_by", "bob"),
        **given,
    )


def counts(*words: Attestation, at: Any = NOW + DAY, scope: str = "s") -> str | None:
    found = Attestations(words, SCOPES, at).of("st", "1", scope)
    return found.id if found else None


def test_the_last_word_counts() -> None:
    assert counts(word("a"), word("b", created_at=NOW + timedelta(hours=1))) == "b"


def test_a_word_counts_from_when_it_is_given_until_it_expires() -> None:
    assert counts(word(), at=NOW - DAY) is None
    assert counts(word(), at=NOW) == "a"
    assert counts(word(), at=NOW + 90 * DAY - timedelta(seconds=1)) == "a"
    assert counts(word(), at=NOW + 90 * DAY) is None


def test_a_word_that_is_withdrawn_counts_until_then_and_the_one_before_it_counts_again() -> None:
    later = word("b", created_at=NOW + DAY, withdrawn_by="ann", withdrawn_at=NOW + 3 * DAY)
    assert counts(word("a"), later, at=NOW + 2 * DAY) == "b"
    assert counts(word("a"), later, at=NOW + 3 * DAY) == "a"


def test_the_word_on_the_nearest_scope_counts() -> None:
    everywhere, org, own = word("all"), word("org", scope="org"), word("own", scope="s")
    assert counts(everywhere, org, own) == "own"
    assert counts(everywhere, org, own, scope="t") == "org"
    assert counts(everywhere, own, scope="t") == "all"


def test_an_expired_word_on_a_scope_hides_what_was_said_of_all() -> None:
    assert counts(word("all"), word("own", scope="s", expires=NOW + timedelta(hours=1))) is None


@pytest.mark.parametrize("control", ["1", "3", "4"])
def test_a_person_may_speak_of_what_policies_do_not_answer_whole(control: str) -> None:
    check(
        word(control=control, evidence=("https://wiki.example/a?b=c#d", "http://10.0.0.1:8080/x")), STANDARD
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (word(control="2"), "policies answer 2 alone: one, two"),
        (word(control="11"), "st has no control '11'; did you mean '1'?"),
        (word(statement=" "), "an attestation needs a statement"),
        (word(owner=""), "an attestation needs an owner"),
        (word(statement="x" * 4001), "a statement has at most 4,000 characters"),
        (word(expires=NOW), "expires: 2026-01-01 is not within the next three years"),
        (word(expires=NOW + 2000 * DAY), "expires: 2031-06-24 is not within the next three years"),
    ],
)
def test_a_word_that_says_too_little_is_not_taken(given: Attestation, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(given, STANDARD)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://files.example/x",
        "//wiki.example/x",
        "wiki.example/x",
        "https://",
        "https://[::1",
        "https://ann:secret@wiki.example/x",
        "https://wiki.example/a b",
        "https://wiki.example/\u202egpj.exe",
        "https://wiki.example/\n",
        " https://wiki.example/",
        "",
    ],
)
def test_evidence_is_a_plain_address_of_the_web(address: str) -> None:
    with pytest.raises(UsageError, match=r"^evidence: "):
        check(replace(word(), evidence=(address,)), STANDARD)
