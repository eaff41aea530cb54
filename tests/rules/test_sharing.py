from __future__ import annotations

from cloudward.rules.parse import parse
from cloudward.rules.printer import text
from cloudward.rules.sharing import FACTS, TIME, Sharing


def repeated(*conditions: str) -> list[str]:
    return [text(expr) for expr in Sharing().repeated([parse(each, "", 1) for each in conditions])]


def test_equal_parts_have_one_number_wherever_they_stand() -> None:
    sharing = Sharing()
    first, second = parse("p.a  ==  1 && p.b", "", 1), parse("p.c || p.a == 1 && p.b", "", 1)
    assert sharing.number(first) == sharing.number(second.args[1])  # type: ignore[union-attr]
    assert sharing.number(parse("p.a == 1", "", 1)) != sharing.number(parse("p.a == 1.0", "", 1))
    assert sharing.number(parse("p.a == 1", "", 1)) != sharing.number(parse("p.a == true", "", 1))


def test_a_part_says_what_it_needs() -> None:
    sharing = Sharing()
    needs = {
        "p.l.exists(x, x == params.n)": {"p", "params"},
        'all("T").exists(t, t.a == meta.name)': {FACTS, "meta"},
        "age(p.t) > 1": {"p", TIME},
        "[1, 2].exists(x, x > 1)": set(),
    }
    for condition, names in needs.items():
        assert sharing.needs(parse(condition, "", 1)) == names


def test_what_is_repeated_is_found_the_smaller_first() -> None:
    assert repeated("p.a.b && p.c", "p.c || p.a.d") == ["p.a", "p.c"]
    assert repeated("p.a && p.b", "!(p.a && p.b)") == ["p.a && p.b"]
    assert repeated("statements(p.d) == []", "statements(p.d).exists(s, s.Sid == null)") == [
        "statements(p.d)"
    ]


def test_what_depends_on_more_than_the_resource_is_not_shared() -> None:
    assert repeated(*["p.l.exists(x, x == params.n)"] * 2) == ["p.l"]
    assert repeated(*['all("T").exists(t, t.a)'] * 2) == []
    assert repeated(*["age(p.t) > 1 && true"] * 2) == ["p.t"]
    assert repeated("p.l.exists(x, x.a.b)", "p.m.exists(x, x.a.b)") == []
