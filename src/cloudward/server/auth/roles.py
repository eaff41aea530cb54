"""The roles: what each may do in the scope that it is given for, and below."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from cloudward.server.needs import Permission


class Role(StrEnum):
    """As they are called in Defender for Cloud, and an auditor."""

    SECURITY_READER = "security-reader"
    AUDITOR = "auditor"
    SECURITY_ADMIN = "security-admin"
    CONTRIBUTOR = "contributor"
    SENDER = "sender"
    OWNER = "owner"


_P = Permission
_READER = frozenset({_P.READ, _P.EXPORT})

ROLES: Mapping[str, frozenset[Permission]] = {
    Role.SECURITY_READER: _READER,
    Role.AUDITOR: _READER | {_P.AUDIT, _P.ATTEST},
    Role.SECURITY_ADMIN: _READER | {_P.EXEMPT, _P.ASSIGN, _P.PLAN, _P.TRIAGE, _P.NOTIFY, _P.ATTEST},
    Role.CONTRIBUTOR: _READER | {_P.PLAN, _P.TRIAGE, _P.FIX, _P.NOTIFY, _P.CONNECT, _P.SEND},
    Role.SENDER: frozenset({_P.SEND}),
    Role.OWNER: frozenset(_P) - {_P.SELF},
}
"""A role that is not here may nothing."""

TITLES: Mapping[str, str] = {
    Role.SECURITY_READER: "sees and exports everything, changes nothing",
    Role.AUDITOR: "as a security reader, and reads the audit log and attests controls",
    Role.SECURITY_ADMIN: "decides on policies, standards, plans, exemptions, attestations and alerts",
    Role.CONTRIBUTOR: "connects, scans, fixes, switches plans and handles alerts",
    Role.SENDER: "sends events of one log and sees nothing: for tokens",
    Role.OWNER: "everything, also who else may what",
}
