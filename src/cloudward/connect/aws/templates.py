"""The role that a scan takes in an account, as templates: what the connectors declare, and nothing more.

Everything is built as data and written by a JSON encoder, so no name can end a string and begin something
else. Terraform reads JSON as an expression, once `${` and `%{` are marked as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudward.connect.aws.directory import CALLS
from cloudward.connect.aws.settings import ROLE_NAME
from cloudward.errors import UsageError

LONGEST = 6144
"""Characters of a managed policy without white space.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(?:root|(?:user|role)/[\w+=,.@/-]{1,512})", re.ASCII)
SESSION = re.compile(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([\w+=,.@-]+)/.+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Access:
    """Who may take which role with what, and what it may do then."""

    role: str
    principal: str
    """The ARN of the user, the role or the account (`:root`) that scans."""
    external_id: str
    actions: Sequence[str]

    def __post_init__(self) -> None:
        if not ROLE_NAME.fullmatch(self.role):
            raise UsageError(f"{self.role!r} is not a role's name")
        if not PRINCIPAL.fullmatch(self.principal):
            raise UsageError(_misfit(self.principal), "--principal arn:aws:iam::111122223333:role/NAME")

    @property
    def trust(self) -> dict[str, Any]:
        """Who may take the role: the principal alone, and only with the ExternalId."""
        return _document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": self.principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": self.external_id}},
            }
        )

    @property
    def policies(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and document of each managed policy: as many as AWS's limit on their size asks for."""
        parts = [_document(_reads(actions)) for actions in _split(self.actions)]
        return [(f"{self.role[:100]}-reads-{number}", each) for number, each in enumerate(parts, 1)]


def principal(arn: str) -> str:
    """The principal of somebody who is signed in; for a session of a role that is the role.

    A session does not tell the path of its role. Where there may be one, it has to be said.
    """
    session = SESSION.fullmatch(arn)
    if session is None:
        return arn
    partition, account, role = session.groups()
    if role.startswith("AWSReservedSSO_"):
        raise UsageError(
            f"the path of the role {role} is not told by a session of it",
            f"--principal ARN: `aws iam get-role --role-name {role}` tells it",
        )
    return f"arn:{partition}:iam::{account}:role/{role}"


def cloudformation(access: Access) -> str:
    """A template for one account."""
    return _json(_template(_resources(access), f"Lets cloudward read this account as {access.role}"))


def stackset(access: Access) -> str:
    """A template for the management account: the role in it, and a StackSet for all other accounts.

    A StackSet with service-managed permissions does not reach the management account itself.
    """
    body = _template(_resources(access), f"Lets cloudward read this account as {access.role}")
    everywhere = {
        "Type": "AWS::CloudFormation::StackSet",
        "Properties": {
            "StackSetName": f"{access.role[:100]}-role",
            "PermissionModel": "SERVICE_MANAGED",
            "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "StackInstancesGroup": [
                {
                    "DeploymentTargets": {"OrganizationalUnitIds": {"Ref": "OrganizationalUnits"}},
                    "Regions": [{"Ref": "AWS::Region"}],
                }
            ],
            "TemplateBody": json.dumps(body, separators=(",", ":")),
        },
    }
    whole = _template(
        {**_resources(access), "EveryAccount": everywhere},
        f"Lets cloudward read all accounts of the organization as {access.role}",
    )
    parameters = {
        "OrganizationalUnits": {
            "Type": "CommaDelimitedList",
            "Description": "Ids of the root (r-...) or of the units (ou-...) whose accounts are read",
        }
    }
    return _json({**whole, "Parameters": parameters})


def terraform(access: Access) -> str:
    """A module for one account."""
    role = {"name": _quoted(access.role), "assume_role_policy": _jsonencode(access.trust)}
    blocks = [_block("aws_iam_role", "cloudward", role)]
    for number, (name, document) in enumerate(access.policies, 1):
        blocks += [
            _block(
                "aws_iam_policy", f"reads_{number}", {"name": _quoted(name), "policy": _jsonencode(document)}
            ),
            _block(
                "aws_iam_role_policy_attachment",
                f"reads_{number}",
                {"role": "aws_iam_role.cloudward.name", "policy_arn": f"aws_iam_policy.reads_{number}.arn"},
            ),
        ]
    return "\n".join(blocks)


def scanner(access: Access, *, organization: bool) -> str:
    """A policy for the principal that scans: it takes the role, and may list the accounts."""
    partition = access.principal.split(":")[1]
    take = {
        "Sid": "TakeTheRole",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": f"arn:{partition}:iam::*:role/{access.role}",
    }
    actions = sorted(f"organizations:{call.operation}" for call in CALLS)
    see = {"Sid": "ListAccounts", "Effect": "Allow", "Action": actions, "Resource": "*"}
    return _json(_document(take, see) if organization else _document(take))


def _resources(access: Access) -> dict[str, Any]:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": access.role, "AssumeRolePolicyDocument": access.trust},
    }
    policies = {
        f"Reads{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"ManagedPolicyName": name, "PolicyDocument": document, "Roles": [{"Ref": "Role"}]},
        }
        for number, (name, document) in enumerate(access.policies, 1)
    }
    return {"Role": role, **policies}


def _template(resources: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Description": description, "Resources": resources}


def _document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _reads(actions: Sequence[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def _split(actions: Sequence[str]) -> Iterator[list[str]]:
    """The actions in as few policies as they fit in, each no longer than it may be."""
    part: list[str] = []
    for action in actions:
        if part and _size(_document(_reads([*part, action]))) > LONGEST:
            yield part
            part = []
        part.append(action)
    if part:
        yield part


def _size(document: Mapping[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def _json(template: Mapping[str, Any]) -> str:
    return json.dumps(template, indent=2) + "\n"


def _block(type: str, name: str, arguments: Mapping[str, str]) -> str:
    lines = "".join(f"  {key} = {value}\n" for key, value in arguments.items())
    return f"resource {_quoted(type)} {_quoted(name)} {{\n{lines}}}\n"


def _jsonencode(document: Mapping[str, Any]) -> str:
    return f"jsonencode({_text(json.dumps(document, indent=2))})".replace("\n", "\n  ")


def _quoted(text: str) -> str:
    return _text(json.dumps(text))


def _text(encoded: str) -> str:
    """JSON that Terraform takes as it is: it would look for expressions in strings."""
    return encoded.replace("${", "$${").replace("%{", "%%{")


def _misfit(arn: str) -> str:
    return f"{arn!r} is not the ARN of a user, a role or an account"
