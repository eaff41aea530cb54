"""Plans: what can be switched on and off for a scope and all below it, each pillar and each workload.

A policy belongs to the pillar posture, and to a workload when all of the types that it looks at are of that
workload. It is evaluated where everything that it belongs to is on. Detections ask `on` for the plan that
their log source belongs to. Everything is on until somebody switches it off; the nearest switch decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from secrets import token_hex

from cloudward.assess.tree import Tree
from cloudward.errors import UsageError, near
from cloudward.model import Switch
from cloudward.pack import Pack
from cloudward.store import Store


class Pillar(StrEnum):
    CSPM = "cspm"
    CWPP = "cwpp"
    DEVSECOPS = "devsecops"


@dataclass(frozen=True, slots=True)
class Plan:
    """Something that is switched as a whole."""

    id: str
    pillar: Pillar
    title: str
    holds: str
    """What it holds, for people."""
    types: tuple[str, ...] = ()
    """Patterns of resource types; a policy on only such types belongs to it."""


PLANS = (
    Plan(
        "posture", Pillar.CSPM, "Posture", "every policy on live resources, the score and compliance", ("*",)
    ),
    Plan(
        "servers",
        Pillar.CWPP,
        "Servers",
        "machines, their images, disks and desktops",
        (
            "AWS::EC2::Instance",
            "AWS::EC2::LaunchTemplate",
            "AWS::EC2::Image",
            "AWS::EC2::Volume",
            "AWS::EC2::Snapshot",
            "AWS::EC2::SpotFleet*",
            "AWS::AutoScaling::*",
            "AWS::SSM::*",
            "AWS::Lightsail::*",
            "AWS::WorkSpaces::*",
            "AWS::AppStream::*",
            "Microsoft.Compute/*",
            "Microsoft.HybridCompute/*",
            "compute.googleapis.com/Instance*",
        ),
    ),
    Plan(
        "storage",
        Pillar.CWPP,
        "Storage",
        "buckets, file systems and transfers",
        (
            "AWS::S3::*",
            "AWS::S3Express::*",
            "AWS::EFS::*",
            "AWS::FSx::*",
            "AWS::StorageGateway::*",
            "AWS::DataSync::*",
            "AWS::Transfer::*",
            "AWS::Backup::*",
            "Microsoft.Storage/*",
            "storage.googleapis.com/*",
        ),
    ),
    Plan(
        "databases",
        Pillar.CWPP,
        "Databases",
        "relational and other databases, caches, warehouses and search",
        (
            "AWS::RDS::*",
            "AWS::DocDB::*",
            "AWS::Neptune::*",
            "AWS::DynamoDB::*",
            "AWS::DAX::*",
            "AWS::ElastiCache::*",
            "AWS::MemoryDB::*",
            "AWS::Redshift::*",
            "AWS::RedshiftServerless::*",
            "AWS::OpenSearchService::*",
            "AWS::DMS::*",
            "Microsoft.Sql/*",
            "Microsoft.DBfor*",
            "Microsoft.DocumentDB/*",
            "sqladmin.googleapis.com/*",
        ),
    ),
    Plan(
        "containers",
        Pillar.CWPP,
        "Containers",
        "clusters, what runs in them, and registries",
        (
            "AWS::ECS::*",
            "AWS::EKS::*",
            "AWS::ECR::*",
            "v1/*",
            "apps/*",
            "batch/*",
            "*.k8s.io/*",
            "Microsoft.ContainerService/*",
            "Microsoft.ContainerRegistry/*",
            "container.googleapis.com/*",
        ),
    ),
    Plan(
        "applications",
        Pillar.CWPP,
        "Applications",
        "functions, web applications and what delivers them",
        (
            "AWS::Lambda::*",
            "AWS::StepFunctions::*",
            "AWS::Batch::*",
            "AWS::CloudFront::*",
            "Microsoft.Web/*",
            "run.googleapis.com/*",
            "cloudfunctions.googleapis.com/*",
        ),
    ),
    Plan(
        "secrets",
        Pillar.CWPP,
        "Keys and secrets",
        "keys, secrets and certificates",
        (
            "AWS::KMS::*",
            "AWS::SecretsManager::*",
            "AWS::CertificateManager::*",
            "Microsoft.KeyVault/*",
            "cloudkms.googleapis.com/*",
            "secretmanager.googleapis.com/*",
        ),
    ),
    Plan(
        "control-plane",
        Pillar.CWPP,
        "Control plane",
        "what people and programs do to the cloud itself",
        ("AWS::CloudTrail::*", "AWS::Config::*", "AWS::CloudFormation::*", "Microsoft.Resources/*"),
    ),
    Plan(
        "dns",
        Pillar.CWPP,
        "DNS",
        "zones, domains and what is looked up",
        ("AWS::Route53::*", "AWS::Route53Domains::*", "Microsoft.Network/dnsZones*", "dns.googleapis.com/*"),
    ),
    Plan(
        "apis",
        Pillar.CWPP,
        "APIs",
        "gateways and the interfaces behind them",
        ("AWS::ApiGateway::*", "AWS::ApiGatewayV2::*", "AWS::AppSync::*", "Microsoft.ApiManagement/*"),
    ),
    Plan(
        "ai",
        Pillar.CWPP,
        "AI",
        "models, agents and notebooks",
        (
            "AWS::Bedrock::*",
            "AWS::BedrockAgentCore::*",
            "AWS::SageMaker::*",
            "Microsoft.CognitiveServices/*",
            "Microsoft.MachineLearningServices/*",
            "aiplatform.googleapis.com/*",
        ),
    ),
    Plan("devops", Pillar.DEVSECOPS, "Code", "repositories, pipelines, templates and images"),
)
BY_ID: Mapping[str, Plan] = {plan.id: plan for plan in PLANS}


class Plans:
    """Which plans are on where."""

    def __init__(self, switches: Iterable[Switch], tree: Tree) -> None:
        self._tree = tree
        self._at: dict[str, dict[str, Switch]] = {}
        for each in switches:
            self._at.setdefault(each.plan, {})[each.scope] = each

    def __bool__(self) -> bool:
        """Whether anything was ever switched."""
        return bool(self._at)

    @property
    def scopes(self) -> set[str]:
        """Where something is switched."""
        return {scope for switched in self._at.values() for scope in switched}

    def deciding(self, plan: str, scope: str) -> Switch | None:
        """The switch that holds in a scope; None: it is on, because nobody switched it."""
        switched = self._at.get(plan)
        if switched is None:
            return None
        return next((switched[place] for place in self._tree.upwards(scope) if place in switched), None)

    def on(self, plan: str, scope: str) -> bool:
        """Whether a plan is on in a scope."""
        switch = self.deciding(plan, scope)
        return switch is None or switch.on

    def off(self, plans: Iterable[str], scope: str) -> Switch | None:
        """The first switch that has one of these plans off in a scope."""
        for plan in plans:
            switch = self.deciding(plan, scope)
            if switch is not None and not switch.on:
                return switch
        return None

    def situation(self, scope: str) -> tuple[str, ...]:
        """The ids of the switches that hold there."""
        found = (self.deciding(plan, scope) for plan in sorted(self._at))
        return tuple(each.id for each in found if each is not None)


def switched_off(store: Store) -> Callable[[str, str], bool] | None:
    """Whether a plan is off in a scope, as things are now; None when nobody ever switched one."""
    plans = Plans(store.plans(), Tree(store.scopes()))
    return (lambda plan, scope: not plans.on(plan, scope)) if plans else None


def plans_of(types: Iterable[str]) -> tuple[str, ...]:
    """The plans that a policy on these types belongs to."""
    looked_at = list(types)
    return tuple(
        plan.id
        for plan in PLANS
        if plan.types and all(any(fnmatchcase(type, each) for each in plan.types) for type in looked_at)
    )


def membership(pack: Pack) -> dict[str, tuple[str, ...]]:
    """Policy -> the plans that it belongs to."""
    return {id: plans_of(policy.resource) for id, policy in pack.policies.items()}


def problems(switch: Switch, tree: Tree, others: Iterable[Switch]) -> list[tuple[str, str]]:
    """What is wrong with a new switch: the key that it is about, and a sentence."""
    found = []
    if switch.plan not in BY_ID:
        found.append(("plan", f"unknown plan {switch.plan!r}{near(switch.plan, BY_ID)}"))
    if switch.scope and switch.scope not in tree.ids:
        found.append(("scope", f"unknown scope {switch.scope!r}{near(switch.scope, tree.ids)}"))
    where = switch.scope or "every scope"
    found += [
        ("scope", f"{other.id} switches {switch.plan} in {where} already")
        for other in others
        if other.id != switch.id and (other.plan, other.scope) == (switch.plan, switch.scope)
    ]
    return found


def switched(
    plan: str, scope: str, on: bool, by: str, at: datetime, reason: str, known: Iterable[Switch], tree: Tree
) -> Switch:
    """A switch for a plan in a scope, under the id of the one that is there."""
    old = next((each for each in known if (each.plan, each.scope) == (plan, scope)), None)
    made = Switch(old.id if old else f"plan-{token_hex(6)}", plan, scope, on, by, at, reason)
    for _, problem in problems(made, tree, ()):
        raise UsageError(problem, f"one of {', '.join(BY_ID)}" if "plan" in problem else "")
    return made
