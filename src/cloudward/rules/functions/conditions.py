"""Which condition of a statement keeps strangers out.

The table `NARROWING` says of each condition key which values name somebody. It follows AWS's own
definition of "public" and the page of each key:

- a value names somebody when it is fixed: no wildcard, no policy variable. S3, EFS, KMS, SNS, SQS and
  Lambda say so in the same words (`STRICT` holds the pages);
- for other services it is enough that an ARN pattern fixes the account, because only its owner can make
  resources there; the same holds everywhere for access points, where S3 says so itself;
- an address range names somebody unless it is very broad: wider than /8 (IPv4) or /32 (IPv6);
- values of a key are alternatives, so each must name somebody; keys and operators are joint, so one
  that narrows is enough;
- an operator that is true when the key is missing (`...IfExists`, `ForAllValues:`) narrows only beside
  `Null: {key: false}`. Negated operators and `Null` alone never narrow.

Keys that are not here do not narrow, most of all `aws:Referer` and `aws:UserAgent` (the caller writes
them), `aws:VpcSourceIp` (everybody has 10.0.0.1), `aws:PrincipalTag`, `aws:username` (everybody can
name a user so), `aws:ResourceAccount` (says what is asked for, not who asks), `kms:ViaService`,
`aws:CalledVia` and `aws:PrincipalIsAWSService` (everybody can make a service ask),
`lambda:FunctionUrlAuthType` (`AWS_IAM` is any account), `sts:ExternalId` (not a secret),
`s3:AccessPointNetworkOrigin`, dates, tags, encryption, multi-factor and transport.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from cloudward.rules.functions import function
from cloudward.rules.functions.statements import STATEMENT, Statement

S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
EFS = "https://docs.aws.amazon.com/efs/latest/ug/access-control-block-public-access.html"
KEYS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"
SNS = "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html"

EXACT = frozenset({"stringequals", "stringequalsignorecase"})
STRING_PATTERN = frozenset({"stringlike"})
ARN_PATTERN = frozenset({"arnequals", "arnlike"})  # AWS: the two behave identically
TEXT = EXACT | STRING_PATTERN | ARN_PATTERN
ADDRESS = frozenset({"ipaddress"})
BOOLEAN = frozenset({"bool"})

NEGATED: Mapping[str, str] = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnlike",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
}

CONFIG = "https://docs.aws.amazon.com/config/latest/developerguide/"
STRICT: Mapping[str, str] = {
    "s3": S3,
    "s3express": S3,
    "s3-object-lambda": S3,
    "s3-outposts": S3,
    "elasticfilesystem": EFS,
    "kms": CONFIG + "kms-key-policy-no-public-access.html",
    "sns": CONFIG + "sns-topic-no-public-access.html",
    "sqs": CONFIG + "sqs-queue-no-public-access.html",
    "lambda": CONFIG + "lambda-function-public-access-prohibited.html",
}
"""Services of which AWS says that their policies are public unless every value is fixed."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A value of a condition, and with what it is compared."""

    value: str
    operator: str
    strict: bool

    @property
    def fixed(self) -> bool:
        """No policy variable, and no wildcard where the operator knows wildcards."""
        text = re.sub(r"\$\{[*?$]\}", "", self.value)
        return "${" not in text and (self.operator in EXACT or not re.search(r"[*?]", text))


@dataclass(frozen=True, slots=True)
class Key:
    """A condition key that can narrow: with which operators, with which values, and who says so."""

    operators: frozenset[str]
    names: Callable[[Compared], bool]
    source: str


def _fixed(it: Compared) -> bool:
    return it.fixed


def _in_account(it: Compared) -> bool:
    """The ARN's account is fixed; with `StringLike` a `*` before it could swallow it."""
    parts = it.value.split(":", 5)
    if len(parts) < 6 or "${" in it.value or not re.fullmatch(r"\d{12}", parts[4]):
        return False
    return it.operator in ARN_PATTERN or not re.search(r"[*?]", ":".join(parts[:4]))


def _arn(it: Compared) -> bool:
    return it.fixed or (not it.strict and _in_account(it))


def _access_point(it: Compared) -> bool:
    return it.fixed or _in_account(it)


def _user_id(it: Compared) -> bool:
    """AWS's definition leaves out `ROLEID:SESSION`; elsewhere the part before the colon is the role's."""
    if it.strict:
        return it.fixed and ":" not in it.value
    return it.fixed or re.fullmatch(r"A[A-Z0-9]{15,}:[^$]*", it.value) is not None


def _organization(it: Compared) -> bool:
    """Whatever follows the organization's id lies inside it, and ids of organizations are unique."""
    return it.fixed or re.fullmatch(r"o-[a-z0-9]{10,32}/[^$]*", it.value) is not None


def _endpoint(it: Compared) -> bool:
    """A mailbox of a fixed domain, a page of a fixed host, a queue or function of a fixed account."""
    inside = re.fullmatch(r"\*@[^*?@$]+|https?://[^*?/$]+/[^$]*", it.value) is not None
    return it.fixed or inside or _in_account(it)


def _true(it: Compared) -> bool:
    return it.value.lower() == "true"


_ID = Key(TEXT, _fixed, KEYS)
_ARN = Key(TEXT, _arn, KEYS)
_PATH = Key(TEXT, _organization, KEYS)

NARROWING: Mapping[str, Key] = {
    "aws:sourceip": Key(ADDRESS, _fixed, S3),
    "aws:sourcearn": Key(TEXT, _arn, S3),
    "aws:sourceaccount": Key(TEXT, _fixed, S3),
    "aws:sourceowner": Key(TEXT, _fixed, S3),
    "aws:sourceorgid": _ID,
    "aws:sourceorgpaths": _PATH,
    "aws:principalarn": Key(TEXT, _arn, S3),
    "aws:principalaccount": Key(TEXT, _fixed, S3),
    "aws:principalorgid": Key(TEXT, _fixed, S3),
    "aws:principalorgpaths": _PATH,
    "aws:principalservicename": _ID,
    "aws:principalservicenameslist": _ID,
    "aws:userid": Key(TEXT, _user_id, S3),
    "aws:sourcevpc": Key(TEXT, _fixed, S3),
    "aws:sourcevpce": Key(TEXT, _fixed, S3),
    "aws:sourcevpcarn": _ARN,
    "aws:vpceaccount": _ID,
    "aws:vpceorgid": _ID,
    "aws:vpceorgpaths": _PATH,
    "ec2:sourceinstancearn": _ARN,
    "lambda:sourcefunctionarn": _ARN,
    "s3:dataaccesspointarn": Key(TEXT, _access_point, S3),
    "s3:dataaccesspointaccount": Key(TEXT, _fixed, S3),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": Key(TEXT, _fixed, S3),
    "elasticfilesystem:accessedviamounttarget": Key(BOOLEAN, _true, EFS),
    "kms:calleraccount": Key(TEXT, _fixed, KMS),
    "sns:endpoint": Key(TEXT, _endpoint, SNS),
}

WIDEST_V4, WIDEST_V6 = 8, 32


def narrows(statement: Statement, keys: Mapping[str, Key] = NARROWING) -> bool:
    """True when an Allow holds only for somebody that its condition names."""
    if not statement["Condition"]:
        return False
    strict = strictly(statement)
    return any(
        (entry := keys.get(key)) is not None and _names(entry, base, values, strict)
        for base, key, values in _required(statement)
    )


@function(args=(STATEMENT, "string"), returns=["string"])
def demands(statement: Statement, prefix: str) -> list[str]:
    """The condition keys with a prefix that a request must have, with fixed values, for a statement to hold.

    They are given in lower case. An operator that is true for a missing key, a negated one and a
    pattern demand nothing.
    """
    wanted = Key(TEXT | BOOLEAN, _fixed, "")
    found = {
        key
        for base, key, values in _required(statement)
        if key.startswith(prefix.lower()) and _names(wanted, base, values, strict=True)
    }
    return sorted(found)


def spares_only_named(statement: Statement) -> bool:
    """True when a Deny spares nobody but those that its condition names; without condition it spares nobody.

    A Deny holds when all parts of its condition do, so it spares whoever fails one of them.
    """
    strict = strictly(statement)
    for operator, compared in statement["Condition"].items():
        base = NEGATED.get(operator.lower().removeprefix("forallvalues:").removesuffix("ifexists"))
        for key, values in compared.items():
            if base is None or key not in NARROWING or not _names(NARROWING[key], base, values, strict):
                return False
    return True


def strictly(statement: Statement) -> bool:
    """AWS takes only fixed values for this statement's services."""
    return not services(statement).isdisjoint(STRICT)


def services(statement: Statement) -> set[str]:
    """The services that a statement names in its actions and resources."""
    actions = statement["Action"] + statement["NotAction"]
    resources = [arn for arn in statement["Resource"] if arn.count(":") >= 3]
    return {a.partition(":")[0].lower() for a in actions} | {arn.split(":", 3)[2] for arn in resources}


def _required(statement: Statement) -> Iterator[tuple[str, str, list[str]]]:
    """The plain operator in lower case, key and values of every comparison that fails without the key."""
    present = _present(statement)
    for operator, compared in statement["Condition"].items():
        name = operator.lower()
        base = name.removeprefix("forallvalues:").removeprefix("foranyvalue:").removesuffix("ifexists")
        tolerant = name.startswith("forallvalues:") or name.endswith("ifexists")
        for key, values in compared.items():
            if not tolerant or key in present:
                yield base, key, values


def _present(statement: Statement) -> set[str]:
    """The keys that a request must have."""
    nulls = [keys for name, keys in statement["Condition"].items() if name.lower() == "null"]
    return {key for keys in nulls for key, values in keys.items() if values == ["false"]}


def _names(key: Key, operator: str, values: list[str], strict: bool) -> bool:
    """Every value of a comparison names somebody."""
    if operator not in key.operators or not values:
        return False
    if operator in ADDRESS:
        return not broad(values)
    return all(key.names(Compared(value, operator, strict)) for value in values)


def broad(ranges: list[str]) -> bool:
    """True when ranges, joined where they touch, are wider than AWS takes for a limit, or are no ranges."""
    four: list[IPv4Network] = []
    six: list[IPv6Network] = []
    try:
        for text in ranges:
            network = ip_network(text, strict=False)
            four.append(network) if isinstance(network, IPv4Network) else six.append(network)
    except ValueError:
        return True
    return any(n.prefixlen < WIDEST_V4 for n in collapse_addresses(four)) or any(
        n.prefixlen < WIDEST_V6 for n in collapse_addresses(six)
    )
