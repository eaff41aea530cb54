"""Standard files: the controls of a compliance standard and the policies that answer them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

from cloudward.errors import ContentError, near
from cloudward.model import Control, Policy, Provider, Standard
from cloudward.pack.file import File
from cloudward.pack.reader import Table
from cloudward.rules.types import Type

KEYS = ("title", "version", "publisher", "source", "providers", "equivalents", "sections", "controls")
CONTROL_KEYS = ("title", "policies", "manual", "uncovered")
ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
ADDRESS = re.compile(r"https?://[^\s/]+\S*")


def declared(
    file: File, policies: Mapping[str, Policy], types: Mapping[str, Type], errors: list[ContentError]
) -> Iterator[Standard]:
    """The standard of a file. What is wrong with a control goes to `errors`, so that all of it is told."""
    root = file.root
    file.known(root, KEYS, "a standard")
    if not ID.fullmatch(file.stem):
        message = f"{file.stem!r} is no id: lower case, digits, single hyphens and dots"
        raise ContentError(file.name, 1, message)
    source = file.text(root, "source")
    if not ADDRESS.fullmatch(source):
        raise file.wrong(root, "source", f"expected the address of its text, not {source!r}")
    texts = {key: file.text(root, key) for key in ("title", "version", "publisher")}
    sections = file.table(root, "sections", optional=True)
    named = {id: file.text(sections, id) for id in sections}
    providers = _providers(file)
    answers = _answers(file, policies)
    found: list[Control] = []
    controls = file.table(root, "controls")
    for id in controls:
        try:
            found.append(_control(file, controls, id, named, answers.get(id, ())))
            _check_policies(file, file.table(controls, id), policies, types, providers)
        except ContentError as error:
            errors.append(error)
    if not controls:
        raise file.wrong(root, "controls", "expected at least one control")
    digest = blake2b(file.source.encode(), digest_size=16).hexdigest()
    yield Standard(
        file.stem,
        **texts,
        source=source,
        providers=providers,
        sections=named,
        controls=tuple(found),
        file=file.name,
        hash=digest,
    )


def section_of(control: str, sections: Iterable[str]) -> str:
    """The longest section id that begins a control's id and ends where one of its parts ends."""
    return max((id for id in sections if _begins(control, id)), key=len, default="")


def _begins(control: str, section: str) -> bool:
    """`1` begins `1.4` and `1(a)`, not `10.4`; `CC` begins `CC6.1`, `A` does not begin `AC-2`."""
    if not section or not control.startswith(section):
        return False
    end, rest = section[-1], control[len(section) :][:1]
    return not ((end.isdigit() and rest.isdigit()) or (end.isalpha() and rest.isalpha()))


def _providers(file: File) -> tuple[Provider, ...]:
    names = file.texts(file.root, "providers")
    for name in names:
        if name not in list(Provider):
            message = f"{name!r} is not one of {', '.join(Provider)}{near(name, Provider)}"
            raise file.wrong(file.root, "providers", message)
    if not names or len(set(names)) != len(names):
        raise file.wrong(file.root, "providers", "expected a list of different providers")
    return tuple(map(Provider, names))


def _answers(file: File, policies: Mapping[str, Policy]) -> Mapping[str, tuple[str, ...]]:
    """Control id -> the policies that name it, where the standard is a catalogue of `equivalents`."""
    if "equivalents" not in file.root:
        return {}
    catalogue = file.text(file.root, "equivalents")
    found: dict[str, tuple[str, ...]] = {}
    for id in sorted(policies):
        for control in policies[id].equivalents.get(catalogue, ()):
            found[control] = (*found.get(control, ()), id)
    if not found:
        known = sorted({each for policy in policies.values() for each in policy.equivalents})
        message = f"no policy has equivalents in {catalogue!r}{near(catalogue, known)}"
        raise file.wrong(file.root, "equivalents", message)
    return found


def _control(
    file: File, controls: Table, id: str, sections: Mapping[str, str], answers: tuple[str, ...]
) -> Control:
    """A control, answered by the policies of its entry and by `answers`."""
    own = file.table(controls, id)
    file.known(own, CONTROL_KEYS, "a control")
    texts = {key: file.text(own, key) for key in ("manual", "uncovered") if key in own}
    policies = file.texts(own, "policies")
    section = section_of(id, sections)
    if "policies" in own and not policies:
        raise file.wrong(own, "policies", "expected at least one policy")
    if "uncovered" in own and (policies or "manual" in own):
        raise file.wrong(own, "uncovered", "a control with policies or an attestation is covered")
    if answers:
        # A new policy is one file, so the reason why there was none may stay in the standard's.
        policies = (*policies, *(each for each in answers if each not in policies))
        texts.pop("uncovered", None)
    if not policies and not texts:
        raise file.wrong(controls, id, "needs policies, manual or uncovered")
    if sections and not section:
        message = f"control {id} belongs to none of the sections {', '.join(sections)}"
        raise file.wrong(controls, id, message, at_key=True)
    return Control(id, file.text(own, "title"), section, policies, **texts)


def _check_policies(
    file: File,
    own: Table,
    policies: Mapping[str, Policy],
    types: Mapping[str, Type],
    providers: tuple[Provider, ...],
) -> None:
    """Refuse policies that there are not, that are named twice, or that speak of another provider."""
    listed = file.texts(own, "policies")
    for number, id in enumerate(listed):
        if id not in policies:
            raise _wrong_policy(file, own, number, f"unknown policy {id!r}{near(id, policies)}")
        if id in listed[:number]:
            raise _wrong_policy(file, own, number, f"{id} is named twice")
        spoken = {types[type].provider for type in policies[id].resource if type in types}
        if spoken and not spoken & set(providers):
            raise _wrong_policy(file, own, number, f"{id} is a policy for {', '.join(sorted(spoken))}")


def _wrong_policy(file: File, own: Table, number: int, message: str) -> ContentError:
    at = own["policies"].values_at[number]
    return ContentError(file.name, at.line + 1, f"policies: {message}", at.column + 1)
