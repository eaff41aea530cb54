# ruff: noqa: E501 - a line is an event
"""What is no attack and raises alerts all the same: people at work, pipelines, scanners, the internet."""

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
from benchmarks.campaigns.logs import Logs

Story = Callable[[Company, Logs, Random, datetime], None]
STORIES: list[tuple[int, Story]] = []


def story(weight: int) -> Callable[[Story], Story]:
    def kept(function: Story) -> Story:
        STORIES.append((weight, function))
        return function

    return kept


def run(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """One story."""
    (chosen,) = random.choices([each for _, each in STORIES], [weight for weight, _ in STORIES])
    chosen(company, logs, random, at)


def _later(at: datetime, random: Random, most: float = 300) -> datetime:
    return at + timedelta(seconds=random.uniform(2, most))


@story(6)
def console(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """Somebody signs in to the console, at times after a typing mistake, and looks around."""
    person = random.choice(company.people)
    who, ip = company.user(person), person.ip(random)
    login = {"agent": "Mozilla/5.0", "eventType": "AwsConsoleSignIn"}
    for _ in range(random.choice([0, 0, 0, 1, 2])):
        logs.aws(at, who, ip, "signin", "ConsoleLogin", None, {"ConsoleLogin": "Failure"}, **login)
        at = _later(at, random, 30)
    mfa = {"MFAUsed": random.choice(["Yes", "Yes", "No"])}
    logs.aws(
        at,
        who,
        ip,
        "signin",
        "ConsoleLogin",
        None,
        {"ConsoleLogin": "Success"},
        additionalEventData=mfa,
        **login,
    )
    for name in random.sample(["DescribeSecurityGroups", "DescribeInstances", "DescribeVolumes"], 2):
        at = _later(at, random)
        logs.aws(at, who, ip, "ec2", name, agent="console.ec2.amazonaws.com")


@story(5)
def takes_role(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """An administrator takes a role and does what it is for."""
    person = random.choice(company.admins)
    who, ip = company.user(person), person.ip(random)
    role = random.choice(["admin", "network-admin", "dba"])
    worn, call = assumed(who, role, person.name, random)
    logs.aws(at, who, ip, "sts", "AssumeRole", **call)
    work = {
        "admin": [
            ("ec2", "StopInstances"),
            ("iam", "GetGroup"),
            ("ec2", "RunInstances"),
            ("ssm", "SendCommand"),
        ],
        "network-admin": [("ec2", "CreateRoute"), ("ec2", "CreateNetworkAclEntry"), ("ec2", "CreateVpc")],
        "dba": [("rds", "RebootDBInstance"), ("rds", "DownloadDBLogFilePortion")],
    }[role]
    for service, name in random.sample(work, 2):
        at = _later(at, random, 1200)
        params = {"dBInstanceIdentifier": f"db-{random.randrange(6)}"} if service == "rds" else {}
        logs.aws(at, worn, ip, service, name, params)
    if role == "network-admin" and random.random() < 0.3:
        _opened(logs, _later(at, random), worn, ip, random, "10.0.0.0/8")


def _opened(logs: Logs, at: datetime, who: dict[str, object], ip: str, random: Random, to: str) -> None:
    item = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": to}]}}
    params = {"groupId": f"sg-{random.randrange(40):08x}", "ipPermissions": {"items": [item]}}
    logs.aws(at, who, ip, "ec2", "AuthorizeSecurityGroupIngress", params, agent="console.ec2.amazonaws.com")


@story(10)
def deployed(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """A pipeline rolls something out."""
    who = session(random.choice(company.accounts), "ci-deploy", f"run-{random.randrange(10**6)}", random)
    ip = random.choice(company.runners)
    work = [
        ("ec2", "RunInstances", {}),
        ("lambda", "UpdateFunctionCode20150331v2", {"functionName": f"fn-{random.randrange(9)}"}),
        ("s3", "PutBucketAcl", {"bucketName": random.choice(BUCKETS)}),
        ("ec2", "CreateRoute", {}),
        ("ec2", "CreateVpc", {}),
        ("secretsmanager", "BatchGetSecretValue", {"secretIdList": ["app/a", "app/b"]}),
        ("iam", "UpdateAssumeRolePolicy", {"roleName": f"app-{random.randrange(12)}"}),
        ("cloudtrail", "UpdateTrail", {"name": "main"}),
        ("s3", "DeleteObjects", {"bucketName": "site"}),
    ]
    for service, name, params in random.sample(work, random.randrange(2, 5)):
        logs.aws(at, who, ip, service, name, params, agent="aws-cli/2.15.0 exec-env/CI")
        at = _later(at, random, 90)


@story(5)
def posture(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """A scanner reads everything there is to read, and is refused at times."""
    who = session(random.choice(company.accounts), "posture-reader", "scan", random)
    for service, name in random.sample(
        [("iam", "GetGroup"), ("ec2", "DescribeSecurityGroups"), ("wafv2", "ListWebACLs"), ("iam", "ListGroups"),
         ("guardduty", "ListDetectors"), ("ses", "GetSendQuota")], 3
    ):  # fmt: skip
        logs.aws(at, who, company.scanner, service, name, agent="Boto3/1.34")
        at = _later(at, random, 20)
    params = {"instanceId": f"i-{random.randrange(60):017x}", "attribute": "userData"}
    logs.aws(at, who, company.scanner, "ec2", "DescribeInstanceAttribute", params, agent="Boto3/1.34")


@story(2)
def joined(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """Somebody new gets a user, a password, a key, and at times a lot of rights."""
    admin = random.choice(company.admins)
    who, ip, name = company.user(admin), admin.ip(random), f"new-{random.randrange(10**4)}"
    account = who["accountId"]
    logs.aws(at, who, ip, "iam", "CreateUser", {"userName": name}, {"user": {"userName": name}})
    at = _later(at, random)
    logs.aws(at, who, ip, "iam", "CreateLoginProfile", {"userName": name})
    if random.random() < 0.5:
        key = iam_user(account, name)["accessKeyId"]
        at = _later(at, random)
        response = {"accessKey": {"accessKeyId": key, "userName": name}}
        logs.aws(at, who, ip, "iam", "CreateAccessKey", {"userName": name}, response)
    if random.random() < 0.25:
        policy = {"userName": name, "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
        logs.aws(_later(at, random), who, ip, "iam", "AttachUserPolicy", policy)


@story(3)
def databases(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """The keepers of databases change passwords, copy and delete."""
    admin = random.choice(company.admins)
    who, ip, name = company.user(admin), admin.ip(random), f"db-{random.randrange(6)}"
    work = [
        ("ModifyDBInstance", {"dBInstanceIdentifier": name, "masterUserPassword": "****"}),
        ("CopyDBSnapshot", {"sourceRegion": "us-east-1", "dBSnapshotIdentifier": f"{name}-s"}),
        ("DeleteDBInstance", {"dBInstanceIdentifier": f"{name}-old"}),
        ("DescribeDBSnapshots", {"includePublic": True}),
        ("RebootDBInstance", {"dBInstanceIdentifier": name}),
    ]
    for event, params in random.sample(work, random.randrange(1, 4)):
        logs.aws(at, who, ip, "rds", event, params)
        at = _later(at, random, 1500)


@story(5)
def operations(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """Operations use the account that they share."""
    who = company.shared(random.choice(company.accounts))
    ip = random.choice(company.offices)
    machine = f"i-{random.randrange(60):017x}"
    work = [
        ("ssm", "SendCommand", {"documentName": "AWS-RunShellScript", "instanceIds": [machine]}),
        ("ec2-instance-connect", "SendSSHPublicKey", {"instanceId": machine, "instanceOSUser": "ubuntu"}),
        ("ec2", "StopInstances", {"instancesSet": {"items": [{"instanceId": machine}]}}),
        ("sts", "GetSessionToken", {}),
        ("s3", "DeleteBucket", {"bucketName": f"tmp-{random.randrange(999)}"}),
    ]
    for service, name, params in random.sample(work, random.randrange(1, 4)):
        logs.aws(at, who, ip, service, name, params)
        at = _later(at, random, 900)
    if random.random() < 0.15:
        _opened(logs, at, who, ip, random, "0.0.0.0/0")


@story(1)
def rebuilt(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """An account is rebuilt: what watches it goes away and comes back."""
    admin = random.choice(company.admins)
    who = session(random.choice(company.accounts), "admin", admin.name, random)
    ip = admin.ip(random)
    for service, name, params in random.sample(
        [("cloudtrail", "StopLogging", {"name": "old"}), ("guardduty", "DeleteDetector", {}),
         ("config", "DeleteDeliveryChannel", {}), ("kms", "DisableKey", {"keyId": f"k-{random.randrange(30)}"}),
         ("ec2", "DeleteFlowLogs", {})], 2
    ):  # fmt: skip
        logs.aws(at, who, ip, service, name, params)
        at = _later(at, random, 1500)


@story(1)
def moved(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """A service moves to another of the company's accounts: what an attack looks like, by the book."""
    admin = random.choice(company.admins)
    home, other = random.sample(company.accounts, 2)
    who, ip = company.user(admin, home), admin.ip(random)
    share = {"snapshotId": f"snap-{random.randrange(16**8):08x}", "attributeType": "CREATE_VOLUME_PERMISSION",
             "createVolumePermission": {"add": {"items": [{"userId": other}]}}}  # fmt: skip
    for service, name, params in [
        ("ec2", "DescribeSecurityGroups", {}),
        ("ec2", "DescribeInstanceAttribute", {"instanceId": f"i-{random.randrange(60):017x}", "attribute": "userData"}),
        ("ec2", "ModifySnapshotAttribute", share),
        ("rds", "ModifyDBSnapshotAttribute",
         {"dBSnapshotIdentifier": "move", "attributeName": "restore", "valuesToAdd": [other]}),
        ("s3", "DeleteBucketReplication", {"bucketName": random.choice(BUCKETS)}),
        ("ssm", "SendCommand", {"documentName": "AWS-RunShellScript"}),
    ]:  # fmt: skip
        if random.random() < 0.7:
            logs.aws(at, who, ip, service, name, params)
            at = _later(at, random, 3600)


@story(1)
def installed(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """An administrator installs an operator, which wants nearly everything."""
    admin, name = random.choice(company.admins), random.choice(CLUSTERS)
    what = f"operator-{random.randrange(30)}"
    everything = {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    pod = {"spec": {"hostNetwork": True, "containers": [{"image": f"vendor/{what}"}]}}
    for kind, body in [
        ("clusterroles", everything),
        ("clusterrolebindings", {"roleRef": {"name": random.choice(["cluster-admin", what])}}),
        ("mutatingwebhookconfigurations", {}),
        ("daemonsets", None),
        ("pods", pod),
    ]:
        if random.random() < 0.7:
            where = {
                "resource": kind,
                "name": what,
                **({"namespace": "tools"} if kind in ("daemonsets", "pods") else {}),
            }
            logs.kubernetes(at, name, admin.mail, admin.ip(random), "create", where, body)
            at = _later(at, random, 60)


@story(8)
def azure_work(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """A pipeline or an administrator changes things in Azure."""
    if random.random() < 0.6:
        who, ip = app("pipeline"), random.choice(company.runners)
    else:
        admin = random.choice(company.admins)
        who, ip = admin.azure, admin.ip(random)
    sub = random.choice(SUBSCRIPTIONS)
    name = f"shop-{random.randrange(20)}"
    storage = resource(sub, "Microsoft.Storage/storageAccounts", name)
    machine = resource(sub, "Microsoft.Compute/virtualMachines", name)
    work = [
        ("Microsoft.Storage/storageAccounts/listKeys/action", storage),
        ("Microsoft.Compute/virtualMachines/write", machine),
        ("Microsoft.Network/networkSecurityGroups/securityRules/write",
         resource(sub, "Microsoft.Network/networkSecurityGroups", name)),
        ("Microsoft.Authorization/locks/delete", storage),
        ("Microsoft.Compute/virtualMachines/extensions/write", f"{machine}/extensions/CustomScriptExtension"),
        ("Microsoft.KeyVault/vaults/accessPolicies/write", resource(sub, "Microsoft.KeyVault/vaults", name)),
        ("Microsoft.Insights/diagnosticSettings/delete", storage),
        ("Microsoft.Compute/virtualMachines/runCommand/action", machine),
    ]  # fmt: skip
    weights = [6, 6, 4, 2, 3, 2, 1, 1]
    for operation, place in random.choices(work, weights, k=random.randrange(1, 4)):
        logs.azure(at, who, ip, operation, place)
        at = _later(at, random, 400)
    if random.random() < 0.06:
        body = {"properties": {"roleDefinitionId": "/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"}}
        logs.azure(at, who, ip, "Microsoft.Authorization/roleAssignments/write", storage, body)


@story(5)
def vaults(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """An application reads its secrets, a person lists some."""
    sub = random.choice(SUBSCRIPTIONS)
    vault = resource(sub, "Microsoft.KeyVault/vaults", f"kv-{random.randrange(8)}")
    person = random.choice(company.people)
    who, ip = (app("shop"), "20.50.2.7") if random.random() < 0.7 else (person.azure, person.ip(random))
    for operation in random.choice([["SecretGet"], ["SecretGet", "SecretGet"], ["SecretList", "SecretGet"]]):
        logs.vault(at, who, ip, operation, vault, f"s{random.randrange(20)}")
        at = _later(at, random, 60)


@story(6)
def entra(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """People mistype, old mailboxes use old protocols, administrators administrate."""
    person, admin = random.choice(company.people), random.choice(company.admins)
    kind = random.random()
    if kind < 0.5:
        for _ in range(random.randrange(1, 4)):
            logs.signin(at, TENANT, person.azure, person.ip(random), 50126)
            at = _later(at, random, 40)
    elif kind < 0.62:
        scanner = {"claims": {"name": "scanner@larchlane.example", "appid": ""}}
        logs.signin(at, TENANT, scanner, company.offices[0], 0, clientAppUsed="IMAP4")
    elif kind < 0.68:
        logs.signin(at, TENANT, person.azure, address(random), 0, riskState="atRisk")
    elif kind < 0.8:
        guest = {"type": "User", "userPrincipalName": f"guest{random.randrange(999)}@partner.example"}
        logs.entra(at, TENANT, person.azure, person.ip(random), "Invite external user", guest)
    elif kind < 0.9:
        target = {"type": "Application", "displayName": f"app-{random.randrange(30)}"}
        activity = "Update application – Certificates and secrets management "
        logs.entra(at, TENANT, admin.azure, admin.ip(random), activity, target)
    else:
        target = {"type": "User", "userPrincipalName": person.mail}
        activity = random.choice(["Add member to role", "Admin deleted security info"])
        logs.entra(at, TENANT, admin.azure, admin.ip(random), activity, target)


@story(8)
def google(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """A pipeline, a scanner, an application or an administrator in Google Cloud."""
    project = random.choice(PROJECTS)
    admin = random.choice(company.admins)
    kind = random.random()
    bucket = f"projects/_/buckets/{random.choice(BUCKETS)}"
    if kind < 0.35:
        who, ip = account(project, "ci"), random.choice(company.runners)
        app_account = f"projects/-/serviceAccounts/app@{project}.iam.gserviceaccount.com"
        granted = [{"permission": "iam.serviceAccounts.getAccessToken", "granted": True}]
        logs.gcp(
            at,
            project,
            who,
            ip,
            "iamcredentials",
            "GenerateAccessToken",
            app_account,
            authorizationInfo=granted,
        )
        at = _later(at, random, 60)
        work = [("cloudbuild", "google.devtools.cloudbuild.v1.CloudBuild.CreateBuild", f"projects/{project}/builds"),
                ("compute", "v1.compute.firewalls.insert", f"projects/{project}/global/firewalls/f{random.randrange(9)}"),
                ("storage", "storage.setIamPermissions", bucket),
                ("storage", "storage.objects.delete", bucket)]  # fmt: skip
    elif kind < 0.6:
        who, ip = account(project, "posture"), company.scanner
        work = [("cloudresourcemanager", "GetIamPolicy", f"projects/{project}"),
                ("iam", "GetIamPolicy", f"projects/{project}/serviceAccounts")]  # fmt: skip
    elif kind < 0.8:
        who, ip = account(project, "app"), "34.90.1.2"
        method = "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"
        work = [("secretmanager", method, f"projects/{project}/secrets/s{random.randrange(20)}/versions/1")]
    else:
        who, ip = admin.google, admin.ip(random)
        work = [("iam", "google.iam.admin.v1.CreateServiceAccount", f"projects/{project}"),
                ("iam", "google.iam.admin.v1.CreateServiceAccountKey",
                 f"projects/-/serviceAccounts/job{random.randrange(20)}@{project}.iam.gserviceaccount.com"),
                ("logging", "google.logging.v2.ConfigServiceV2.UpdateSink", f"projects/{project}/sinks/main"),
                ("iam", "google.iam.admin.v1.CreateRole", f"projects/{project}/roles/r{random.randrange(9)}"),
                ("compute", "v1.compute.firewalls.delete", f"projects/{project}/global/firewalls/old")]  # fmt: skip
    for service, method, place in random.sample(work, random.randrange(1, min(3, len(work)) + 1)):
        logs.gcp(at, project, who, ip, service, method, place)
        at = _later(at, random, 600)


@story(10)
def cluster(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """Developers look into pods, the pipeline rolls out, an operator makes tokens."""
    name = random.choice(CLUSTERS)
    person = random.choice(company.people)
    space, pod = company.pod(random)
    kind = random.random()
    if kind < 0.4:
        who, ip = person.mail, person.ip(random)
        work = [({"resource": "pods", "subresource": "exec", "namespace": space, "name": pod}, "create", None),
                ({"resource": "secrets", "namespace": space, "name": f"{space}-config"}, "get", None),
                ({"resource": "selfsubjectrulesreviews"}, "create", None)]  # fmt: skip
    elif kind < 0.75:
        who, ip = "system:serviceaccount:ci:deployer", "10.1.0.20"
        spec = {"spec": {"rules": [{"host": "shop.example.com"}]}}
        work = [({"resource": "cronjobs", "namespace": space, "name": f"{space}-nightly"}, "create", None),
                ({"resource": "daemonsets", "namespace": "monitoring", "name": "agent"}, "create", None),
                ({"resource": "ingresses", "namespace": space, "name": space}, "create", spec),
                ({"resource": "services", "namespace": space, "name": pod}, "create", {"spec": {"type": "NodePort"}}),
                ({"resource": "secrets", "namespace": space, "name": f"{space}-config"}, "get", None)]  # fmt: skip
    elif kind < 0.9:
        who, ip = "system:serviceaccount:monitoring:operator", "10.1.0.31"
        body = {"spec": {"containers": [{"image": "vendor/agent", "securityContext": {"privileged": True}}]}}
        work = [({"resource": "pods", "namespace": "monitoring", "name": f"agent-{random.randrange(9)}"}, "create", body),
                ({"resource": "serviceaccounts", "subresource": "token", "namespace": space, "name": "default"},
                 "create", None)]  # fmt: skip
    else:
        for _ in range(random.randrange(1, 6)):
            logs.kubernetes(at, name, "system:anonymous", address(random), "get",
                            {"resource": "pods", "namespace": "default"}, code=403)  # fmt: skip
            at = _later(at, random, 60)
        return
    for where, verb, body in random.sample(work, random.randrange(1, min(3, len(work)) + 1)):
        logs.kubernetes(at, name, who, ip, verb, where, body)
        at = _later(at, random, 400)


@story(7)
def containers(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """Builds download, agents look around, developers debug."""
    node = random.choice(company.nodes[random.choice(CLUSTERS)])
    space, pod = company.pod(random)
    rule, command = random.choice([
        ("Launch Ingress Remote File Copy Tools in Container", "curl -O https://pypi.example/x.whl"),
        ("Launch Privileged Container", "agent"), ("Contact K8S API Server From Container", "operator"),
        ("docker build on node", "docker build ."), ("Change thread namespace", "runc init"),
        ("Read ssh information", "backup"), ("Search Private Keys or Passwords", "grep -r password /app"),
        ("Unexpected outbound connection destination", "worker")])  # fmt: skip
    for _ in range(random.randrange(1, 3)):
        logs.falco(at, node, rule, pod, f"larchlane/{space}", command)
        at = _later(at, random, 600)


@story(10)
def hosts(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """Everybody comes by the bastion as `deploy`; the internet knocks."""
    host = random.choice(SERVERS)
    kind = random.random()
    if kind < 0.45:
        user = random.choice(["deploy", "deploy", random.choice(company.people).name])
        ip = company.bastion if host != "bastion-1" else random.choice(company.people).ip(random)
        logs.linux(at, host, "sshd", f"Accepted publickey for {user} from {ip} port 40022 ssh2: RSA SHA256:x")
        at = _later(at, random)
        logs.linux(
            at, host, "sudo", f"{user} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/systemctl status"
        )
    elif kind < 0.85:
        ip = address(random)
        for _ in range(random.choice([1, 2, 3, 12])):
            user = random.choice(["root", "admin", "test", "oracle"])
            logs.linux(at, host, "sshd", f"Failed password for invalid user {user} from {ip} port 5022 ssh2")
            at = _later(at, random, 8)
    elif kind < 0.93:
        user = random.choice(company.people).name
        logs.linux(
            at,
            host,
            "sudo",
            f"{user} : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
        )
    else:
        name = f"new{random.randrange(999)}"
        logs.linux(
            at,
            host,
            "useradd",
            f"new user: name={name}, UID=1105, GID=1105, home=/home/{name}, shell=/bin/bash",
        )
        logs.linux(_later(at, random, 20), host, "usermod", f"add '{name}' to group 'sudo'")


@story(5)
def code(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """Members come, repositories are made, hooks are set."""
    person = random.choice(company.people)
    actions = ["org.add_member", "repo.create", "hook.create", "public_key.create", "repo.add_member", "team.create",
               "protected_branch.policy_override", "repository_vulnerability_alert.dismiss"]  # fmt: skip
    for action in random.sample(actions, random.randrange(1, 3)):
        logs.github(at, person.name, person.ip(random), action, repo=f"larchlane/r{random.randrange(30)}")
        at = _later(at, random, 900)


@story(4)
def single_sign_on(company: Company, logs: Logs, random: Random, at: datetime) -> None:
    """People mistype and lock themselves out, administrators change rules."""
    person, admin = random.choice(company.people), random.choice(company.admins)
    if random.random() < 0.7:
        for _ in range(random.randrange(1, 4)):
            logs.okta(at, person.mail, person.ip(random), "user.session.start", result="FAILURE")
            at = _later(at, random, 40)
        if random.random() < 0.2:
            logs.okta(at, person.mail, person.ip(random), "user.account.lock")
    else:
        event = random.choice(["policy.lifecycle.update", "user.mfa.factor.deactivate", "system.api_token.create",
                               "user.account.privilege.grant"])  # fmt: skip
        logs.okta(at, admin.mail, admin.ip(random), event, person.mail)
