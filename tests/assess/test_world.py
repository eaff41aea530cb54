from __future__ import annotations

from collections.abc import Sequence

import pytest

from cloudward.assess.world import Facts
from cloudward.model import Cause, Coverage, Outcome, Provider, Reason, Resource, Scope
from cloudward.rules.ast import Const
from cloudward.rules.rule import Partial, Row, Rule, Use
from cloudward.rules.types import Field, Type
from tests.assess.build import coverage, resource
from tests.assess.estate import Estate, account

TYPES = {
    type.name: type
    for type in (
        Type("T", "aws", "global", ()),
        Type("R", "aws", "regional", ()),
        Type("AWS::::Account", "aws", "global", ()),
        Type("Summary", "aws", "global", (Field("Keys", "integer"),), view="account.Summary"),
        Type("Ebs", "aws", "regional", (Field("On", "boolean"),), view="region.Ebs"),
    )
}
USES = (
    Use("all", "T", reads=("Name", "Tags[].Key")),
    Use("related", "T", field="Owner"),
    Use("here", "R", reads=("On",)),
    Use("account", "Summary", reads=("Keys",)),
    Use("region", "Ebs", reads=("On",)),
)
RULES = [Rule("p", "X", Const(True), uses=USES)]
DENIED = Cause(Reason.DENIED, "x:ListT", "no")


def facts(estate: Estate, rules: Sequence[Rule] = RULES) -> Facts:
    return Facts(estate, TYPES, rules)


def cause(rows: Sequence[Row]) -> Cause | None:
    return rows.cause if isinstance(rows, Partial) else None


def test_a_row_has_only_what_conditions_read() -> None:
    document = {"Name": "n", "Other": 1, "Tags": [{"Key": "k", "Value": "v"}]}
    estate = Estate().add(resource("t", document, unread={"Tags[*]": DENIED, "Z": DENIED}), coverage("T"))
    rows = facts(estate).all("T", "s")
    assert rows == [{"Name": "n", "Tags": [{"Key": "k"}]}]
    assert (rows[0].id, rows[0].name, rows[0].unread) == ("t", "t", {"Tags[*]": DENIED})
    assert not isinstance(rows, Partial)


def test_a_type_that_was_listed_and_is_not_there_is_absent() -> None:
    rows = facts(Estate().add(coverage("T", Outcome.EMPTY))).all("T", "s")
    assert rows == []
    assert not isinstance(rows, Partial)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="no call"),
        pytest.param([coverage("T", listing=False)], id="only a detail call"),
        pytest.param([coverage("T", Outcome.DENIED)], id="denied"),
        pytest.param([coverage("T"), coverage("T", Outcome.FAILED)], id="read and failed"),
        pytest.param(
            [coverage("T"), coverage("", Outcome.FAILED)], id="a document of an unknown type is broken"
        ),
        pytest.param([coverage("T", Outcome.UNSUPPORTED)], id="unsupported"),
        pytest.param([coverage("T", scope="other")], id="read elsewhere"),
    ],
)
def test_a_type_without_proof_may_have_more(rows: list[object]) -> None:
    found = facts(Estate(given=[resource("t", {}), *rows])).all("T", "s")  # type: ignore[list-item]
    assert isinstance(found, Partial)
    assert len(found) == 1


def test_the_cause_names_scope_region_and_call() -> None:
    denied = coverage(
        "R", Outcome.DENIED, region="eu", call="ec2:DescribeR", cause=Cause(Reason.DENIED, "", "no")
    )
    rows = facts(Estate().add(denied)).all("R", "s")
    assert cause(rows) == Cause(Reason.DENIED, "ec2:DescribeR", "R in s eu: no")


def test_a_cause_that_holds_everywhere_names_no_region() -> None:
    everywhere = coverage("R", Outcome.DENIED, call="ec2:DescribeRegions")
    rows = facts(Estate().add(coverage("R", region="eu"), everywhere)).all("R", "s")
    assert cause(rows) == Cause(Reason.DENIED, "ec2:DescribeRegions", "R in s")


def test_a_regional_type_must_be_read_in_every_enabled_region() -> None:
    estate = Estate().add(resource("r", {"On": True}, type="R", region="eu"), coverage("R", region="eu"))
    assert cause(facts(estate).all("R", "s")) is None
    estate.add(coverage("Other", Outcome.NOT_REQUESTED, region="us"))
    assert cause(facts(estate).all("R", "s")) == Cause(Reason.NOT_REQUESTED, "", "R in s us was not read")
    assert cause(facts(estate).here("R", "s", "eu")) is None
    assert cause(facts(estate).here("R", "s", "us")) is not None


def test_where_a_service_is_not_offered_there_is_nothing_but_what_a_region_lacks_is_unknown() -> None:
    absent = Cause(Reason.UNSUPPORTED, "x:ListR", "x is not offered in us")
    estate = Estate().add(
        resource("r", {"On": True}, type="R", region="eu"),
        coverage("R", region="eu"),
        coverage("R", Outcome.EMPTY, region="us", cause=absent),
    )
    assert cause(facts(estate).all("R", "s")) is None
    assert cause(facts(estate).here("R", "s", "us")) == Cause(
        Reason.UNSUPPORTED, "x:ListR", "R in s us: x is not offered in us"
    )


def test_here_gives_the_region_alone() -> None:
    estate = Estate().add(
        resource("a", {"On": True}, type="R", region="eu"),
        resource("b", {"On": False}, type="R", region="us"),
        coverage("R", region="eu"),
        coverage("R", region="us"),
    )
    assert facts(estate).here("R", "s", "us") == [{"On": False}]


def test_a_row_of_no_region_counts_for_all_of_them() -> None:
    assert cause(facts(Estate().add(coverage("R"))).all("R", "s")) is None
    estate = Estate().add(coverage("R", region="eu"), coverage("R", Outcome.DENIED))
    assert cause(facts(estate).here("R", "s", "eu")) is not None


def test_related_finds_by_value_as_cel_compares() -> None:
    estate = Estate().add(
        resource("a", {"Owner": 1}), resource("b", {"Owner": 1.0}), resource("c", {"Owner": True}),
        resource("d", {"Owner": "1"}), resource("e", {"Owner": None}), coverage("T"),
    )  # fmt: skip
    world = facts(estate)
    assert [row.id for row in world.related("T", "s", "Owner", 1)] == ["a", "b"]
    assert [row.id for row in world.related("T", "s", "Owner", True)] == ["c"]
    assert [row.id for row in world.related("T", "s", "Owner", "1")] == ["d"]
    assert [row.id for row in world.related("T", "s", "Owner", None)] == ["e"]
    assert world.related("T", "s", "Owner", "nobody") == []


def test_what_is_regional_is_related_within_its_region() -> None:
    estate = Estate().add(
        resource("a", {"Owner": "x"}, type="R", region="eu"),
        resource("b", {"Owner": "x"}, type="R", region="us"),
        coverage("R", region="eu"),
        coverage("R", Outcome.NOT_REQUESTED, region="us"),
    )
    world = facts(estate, [Rule("p", "X", Const(True), uses=(Use("related", "R", field="Owner"),))])
    there = world.related("R", "s", "Owner", "x", "eu")
    assert ([row.id for row in there], cause(there)) == (["a"], None)
    assert cause(world.related("R", "s", "Owner", "x", "us")) is not None
    account = world.related("R", "s", "Owner", "x")
    assert ([row.id for row in account], cause(account) is None) == (["a", "b"], False)


def test_what_is_global_is_related_to_every_region() -> None:
    estate = Estate().add(resource("a", {"Owner": "x"}, region="us"), coverage("T"))
    assert [row.id for row in facts(estate).related("T", "s", "Owner", "x", "eu")] == ["a"]


def test_related_may_have_more_when_the_type_was_not_read() -> None:
    estate = Estate().add(resource("a", {"Owner": "x"}), coverage("T", Outcome.DENIED))
    rows = facts(estate).related("T", "s", "Owner", "x")
    assert [row.id for row in rows] == ["a"]
    assert isinstance(rows, Partial)


def test_related_may_have_more_when_a_row_does_not_say_its_value() -> None:
    estate = Estate().add(resource("a", {}, unread={"Owner": DENIED}), coverage("T"))
    assert cause(facts(estate).related("T", "s", "Owner", "x")) == DENIED


def test_the_account_joins_its_singletons() -> None:
    estate = Estate().add(
        resource("x", {"Keys": 2, "Other": 1}, type="Summary"),
        coverage("Summary"),
        resource("y", {"Partition": "aws-cn"}, type="AWS::::Account"),
    )
    view = facts(estate).account("s")
    assert view == {"id": "s", "name": "name of s", "partition": "aws-cn", "Summary": {"Keys": 2}}
    assert view.unread == {}


def test_a_singleton_that_was_not_read_is_missing_with_its_cause() -> None:
    estate = Estate().add(coverage("Summary", Outcome.DENIED, call="iam:GetAccountSummary"))
    view = facts(estate).account("s")
    assert "Summary" not in view
    assert view.unread["Summary"] == Cause(Reason.DENIED, "iam:GetAccountSummary", "Summary in s")
    assert view.unread["partition"].reason is Reason.NOT_REQUESTED


def test_what_a_singleton_does_not_say_is_unread_in_the_view() -> None:
    estate = Estate().add(resource("x", {}, type="Summary", unread={"Keys": DENIED}), coverage("Summary"))
    assert facts(estate).account("s").unread["Summary.Keys"] == DENIED


def test_a_region_has_its_own_singletons() -> None:
    estate = Estate().add(
        resource("a", {"On": True}, type="Ebs", region="eu"),
        resource("b", {"On": False}, type="Ebs", region="us"),
        coverage("Ebs", region="eu"),
        coverage("Ebs", region="us"),
        coverage("Ebs", Outcome.DENIED, region="ap"),
    )
    world = facts(estate)
    assert world.region("s", "us")["Ebs"] == {"On": False}
    assert world.region("s", "ap").unread["Ebs"].reason is Reason.DENIED


ORGANIZATION = Scope("o", Provider.AWS, "organization")


def everywhere(*accounts: Scope) -> Estate:
    estate = Estate(accounts=list(accounts))
    return estate.add(
        resource("a", {"Name": "a"}, scope="one"), coverage("T", scope="one"),
        resource("b", {"Name": "b"}, scope="two"), coverage("T", scope="two"),
    )  # fmt: skip


def test_everywhere_is_complete_when_an_organization_names_all_and_all_were_read() -> None:
    rows = facts(everywhere(ORGANIZATION, account("one", "o"), account("two", "o"))).everywhere("T", "one")
    assert [row.id for row in rows] == ["a", "b"]
    assert cause(rows) is None


def test_everywhere_names_the_account_that_was_not_scanned() -> None:
    estate = everywhere(ORGANIZATION, account("one", "o"), account("two", "o"), account("dark", "o"))
    assert cause(facts(estate).everywhere("T", "one")) == Cause(
        Reason.NOT_REQUESTED, "", "T in dark was not read"
    )


def test_everywhere_may_have_more_when_nothing_names_all_accounts() -> None:
    rows = facts(everywhere(account("one"), account("two"))).everywhere("T", "one")
    assert [row.id for row in rows] == ["a", "b"]
    found = cause(rows)
    assert found is not None
    assert found.reason is Reason.NOT_SCANNED


def test_everywhere_stays_within_the_provider() -> None:
    other = Scope("cluster", Provider.KUBERNETES, "cluster")
    rows = facts(everywhere(ORGANIZATION, account("one", "o"), account("two", "o"), other)).everywhere(
        "T", "two"
    )
    assert cause(rows) is None


COMPANY = everywhere(ORGANIZATION, account("one", "o"), account("two", "o"))


def test_everywhere_ends_where_the_assignment_ends() -> None:
    rows = facts(COMPANY).within(frozenset({"one"})).everywhere("T", "one")
    assert [row.id for row in rows] == ["a"]
    outside = "scopes other than those of the policy's assignment may hold T"
    assert cause(rows) == Cause(Reason.NOT_SCANNED, "", outside)


def test_everywhere_is_complete_in_an_assignment_to_all_of_an_organization() -> None:
    strangers = [Scope("o2", Provider.AWS, "organization"), account("stranger", "o2")]
    estate = everywhere(ORGANIZATION, account("one", "o"), account("two", "o"), *strangers)
    rows = facts(estate).within(frozenset({"o", "one", "two"})).everywhere("T", "one")
    assert [row.id for row in rows] == ["a", "b"]
    assert cause(rows) is None
    assert cause(facts(estate).everywhere("T", "one")) == Cause(
        Reason.NOT_REQUESTED, "", "T in stranger was not read"
    )


def test_everywhere_may_have_more_in_a_scope_that_the_assignment_excludes() -> None:
    rows = facts(COMPANY).within(frozenset({"o", "one"})).everywhere("T", "one")
    assert [row.id for row in rows] == ["a"]
    assert cause(rows) is not None


def test_a_digest_of_everywhere_changes_with_the_reach() -> None:
    use, world = Use("everywhere", "T", reads=("Name",)), facts(COMPANY)
    reaches = [None, frozenset({"one"}), frozenset({"o", "one"}), frozenset({"o", "one", "two"})]
    found = [world.digest(use, "one", None, reach) for reach in reaches]
    assert found[0] == found[3]  # the same is seen
    assert len(set(found)) == 2
    assert world.within(None) is world


@pytest.mark.parametrize("use", USES)
def test_a_digest_changes_with_what_is_asked_for(use: Use) -> None:
    def digest(*given: object, region: str | None = "eu") -> str:
        return facts(Estate(given=list(given))).digest(use, "s", region)  # type: ignore[arg-type]

    properties = {"Name": "n", "Owner": "o", "On": True, "Keys": 1}
    region = "eu" if use.kind in {"here", "region"} else None
    there = resource("x", properties, type=use.type, region=region)
    changed = resource("x", {"Name": "m", "Owner": "q", "On": False, "Keys": 2}, type=use.type, region=region)
    aside = resource("x", {**properties, "Other": 1}, type=use.type, region=region, unread={"Else": DENIED})
    unread = resource("x", {}, type=use.type, region=region, unread={"": DENIED})
    read = coverage(use.type, region=region)
    assert digest(there, read) == digest(aside, read)
    assert len({digest(there, read), digest(changed, read), digest(unread, read), digest(there)}) == (
        3 if use.kind in {"account", "region"} else 4
    )


def test_the_digest_of_a_region_does_not_see_the_others() -> None:
    here: list[Resource | Coverage] = [
        resource("a", {"On": True}, type="R", region="eu"),
        coverage("R", region="eu"),
        coverage("R", region="us"),
    ]
    there = resource("b", {"On": True}, type="R", region="us")
    use = Use("here", "R", reads=("On",))
    assert facts(Estate(given=[*here])).digest(use, "s", "eu") == facts(Estate(given=[*here, there])).digest(
        use, "s", "eu"
    )


def test_a_scope_that_is_done_is_read_anew_when_asked_again() -> None:
    estate = Estate().add(coverage("T"))
    world = facts(estate)
    assert world.all("T", "s") == []
    estate.add(resource("t", {"Name": "n"}))
    assert world.all("T", "s") == []
    world.forget("s")
    assert [row.id for row in world.all("T", "s")] == ["t"]
