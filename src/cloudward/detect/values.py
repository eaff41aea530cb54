"""Values and modifiers of Sigma, as pySigma reads them, become leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudward.detect.questions import ask, compiled
from cloudward.detect.text import Wild, written
from cloudward.rules.ast import Call, Expr

if TYPE_CHECKING:
    from sigma.rule.detection import SigmaDetectionItem
    from sigma.types import SigmaString, SigmaType

Placeholders = Mapping[str, Sequence[str]]
"""Name, without `%` -> the values that stand for it."""

ALIASES = {"utf16le": "wide"}
"""Names of the specification that pySigma does not know. https://sigmahq.io/sigma-specification/"""

LOOK = {
    r"\(\?=": "lookahead `(?=`",
    r"\(\?!": "negative lookahead `(?!`",
    r"\(\?<=": "lookbehind `(?<=`",
    r"\(\?<!": "negative lookbehind `(?<!`",
    r"\(\?>": "atomic group `(?>`",
    r"\\[1-9]": "back reference",
    r"[*+?}]\+": "possessive quantifier",
    r"\\u[0-9A-Fa-f]": "escape `\\u`",
    r"\\Z": "anchor `\\Z`",
    r"\(\?\(": "conditional `(?(`",
    r"\(\?#": "comment `(?#`",
}
"""What RE2 does not have, and what to call it."""


DASH = re.compile(r"\B[-/]\b")
"""What `windash` takes for a dash; pySigma takes three at most in a value."""


class RefusedError(ValueError):
    """A value that cannot be asked."""


def modifiers() -> frozenset[str]:
    """All that a field's name may carry."""
    from sigma.modifiers import modifier_mapping

    return frozenset(modifier_mapping) | ALIASES.keys()


def item(key: str | None, value: Any, placeholders: Placeholders, at: int) -> Expr:
    """One line of a selection, `field|modifier: value`; `RefusedError` when that makes no condition."""
    from sigma.exceptions import SigmaError
    from sigma.rule.detection import SigmaDetectionItem

    field, *asked = (key or "").split("|")
    if "re" in asked:
        for each in value if isinstance(value, list) else [value]:
            expression(str(each), "".join(flag for flag in ("i", "m", "s") if flag in asked))
    try:
        name = "|".join([field, *(ALIASES.get(each, each) for each in asked)]) if key is not None else None
        read = SigmaDetectionItem.from_mapping(name, value)
        return _Leaves(read, field, placeholders, at).condition()
    except (SigmaError, NotImplementedError, AttributeError, TypeError) as error:
        raise RefusedError(" ".join(str(error).split())) from None


def multiplied(key: str, value: Any) -> int:
    """How many questions one value becomes, known before it becomes them."""
    modifiers = key.split("|")[1:]
    if "windash" in modifiers:
        return int(5 ** min(3, len(DASH.findall(str(value)))))
    return 20 if "expand" in modifiers else 3 if "base64offset" in modifiers else 1


def expression(pattern: str, flags: str) -> str:
    """A pattern with its flags; `RefusedError` by name when RE2 cannot express it."""
    import re2

    whole = f"(?{flags}){pattern}" if flags else pattern
    try:
        compiled(whole)
    except re2.error as error:
        for spelled, what in LOOK.items():
            if re.search(spelled, pattern):
                raise RefusedError(
                    f"the regular expression has a {what}, which RE2 does not know: {pattern}"
                ) from None
        said = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise RefusedError(f"RE2 does not take the regular expression ({said}): {pattern}") from None
    except UnicodeEncodeError:
        raise RefusedError("the regular expression is no valid text") from None
    return whole


class _Leaves:
    """The leaves of one line."""

    def __init__(self, read: SigmaDetectionItem, field: str, placeholders: Placeholders, at: int) -> None:
        self.read, self.field, self.placeholders, self.at = read, field, placeholders, at

    def condition(self) -> Expr:
        from sigma.conditions import ConditionAND

        if not self.read.value:
            raise RefusedError("an empty list of values asks nothing")
        sign = "&&" if self.read.value_linking is ConditionAND else "||"
        found = joined(sign, (self.leaf(value) for value in self.read.value), self.at)
        return Call("!", (found,), self.at) if self.read.negated else found

    def leaf(self, value: SigmaType) -> Expr:
        """One value."""
        import sigma.types as s

        kinds: Sequence[tuple[type, Callable[[Any], Expr]]] = (
            (s.SigmaExpansion, lambda each: joined("||", map(self.leaf, each.values), self.at)),
            (s.SigmaString, self.string),
            (s.SigmaRegularExpression, self.regular),
            (s.SigmaTimestampPart, lambda each: self.ask(each.timestamp_part.name.lower(), each.number)),
            (s.SigmaNumber, lambda each: self.word(str(each.number))),
            (s.SigmaBool, lambda each: self.word("true" if each.boolean else "false")),
            (s.SigmaNull, lambda _: self.null()),
            (s.SigmaExists, self.exists),
            (s.SigmaCIDRExpression, lambda each: self.ask("within", str(each.network))),
            (s.SigmaCompareExpression, self.compare),
            (s.SigmaFieldReference, self.reference),
        )
        for kind, make in kinds:
            if isinstance(value, kind):
                return make(value)
        raise RefusedError(f"values of the kind {type(value).__name__} are not understood")

    def ask(self, op: str, operand: Any = None, *, cased: bool = False) -> Call:
        from cloudward.rules.ast import Const

        return ask(
            op, self.field, None if operand is None else Const(operand, self.at), cased=cased, at=self.at
        )

    def word(self, text: str) -> Call:
        """A number or boolean, which is compared as text; as a keyword it may stand anywhere."""
        return self.ask("equals" if self.field else "contains", text)

    def null(self) -> Call:
        if not self.field:
            raise RefusedError("null needs a field")
        return self.ask("null")

    def exists(self, value: Any) -> Expr:
        found = self.ask("exists")
        return found if value.exists else Call("!", (found,), self.at)

    def compare(self, value: Any) -> Expr:
        signs = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
        return self.ask(signs[value.op.name], value.number.number)

    def reference(self, value: Any) -> Expr:
        from cloudward.detect.questions import EVENT
        from cloudward.rules.ast import Select

        if not self.field:
            raise RefusedError("fieldref needs a field")
        ops = {(True, True): "contains", (True, False): "startsWith", (False, True): "endsWith"}
        op = ops.get((value.starts_with, value.ends_with), "equals")
        return ask(op, self.field, Select(EVENT, str(value.field), self.at), at=self.at)

    def string(self, value: SigmaString) -> Expr:
        from sigma.types import SigmaCasedString

        cased = isinstance(value, SigmaCasedString)
        return joined("||", (self.pattern(each, cased=cased) for each in self.expanded(value)), self.at)

    def expanded(self, value: Any) -> Iterable[Any]:
        """The value with its placeholders filled in."""
        from sigma.types import Placeholder, SigmaString

        if not value.contains_placeholder():
            return [value]

        def filled(placeholder: Placeholder) -> Iterable[Any]:
            if placeholder.name not in self.placeholders:
                raise RefusedError(f"the placeholder %{placeholder.name}% has no values here")
            values = self.placeholders[placeholder.name]
            return map(SigmaString if isinstance(value, SigmaString) else str, values)

        return list(value.replace_placeholders(filled))

    def regular(self, value: Any) -> Expr:
        from sigma.types import SigmaRegularExpressionFlag as Flag

        names = {Flag.IGNORECASE: "i", Flag.MULTILINE: "m", Flag.DOTALL: "s"}
        flags = "".join(sorted(names[flag] for flag in value.flags))
        asked = [expression(str(each.regexp), flags) for each in self.expanded(value)]
        return joined("||", (self.ask("matches", each) for each in asked), self.at)

    def pattern(self, value: SigmaString, *, cased: bool) -> Call:
        """A text with or without wildcards."""
        parts = _parts(value)
        if not self.field:
            parts = [Wild.MANY, *parts, Wild.MANY]
        parts = [
            part
            for place, part in enumerate(parts)
            if part is not Wild.MANY or parts[place - 1 : place] != [part]
        ]
        match parts:
            case []:
                return self.ask("equals", "", cased=cased)
            case [Wild.MANY]:
                return self.ask("any")
            case [str(text)]:
                return self.ask("equals", text, cased=cased)
            case [Wild.MANY, str(text), Wild.MANY]:
                return self.ask("contains", text, cased=cased)
            case [str(text), Wild.MANY]:
                return self.ask("startsWith", text, cased=cased)
            case [Wild.MANY, str(text)]:
                return self.ask("endsWith", text, cased=cased)
        return self.ask("like", written(parts), cased=cased)


def _parts(value: SigmaString) -> list[str | Wild]:
    from sigma.types import SpecialChars

    wild = {SpecialChars.WILDCARD_MULTI: Wild.MANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}
    found: list[str | Wild] = []
    for part in value.s:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part if isinstance(part, str) else wild[part])  # type: ignore[index]
    return found


def joined(sign: str, parts: Iterable[Expr], at: int) -> Expr:
    """All or one of the parts; one alone stands for itself, and what has the same sign is taken in."""
    found: list[Expr] = []
    for part in parts:
        same = isinstance(part, Call) and part.function == sign
        found += part.args if same and isinstance(part, Call) else (part,)
    found = list(dict.fromkeys(found))
    return found[0] if len(found) == 1 else Call(sign, tuple(found), at)
