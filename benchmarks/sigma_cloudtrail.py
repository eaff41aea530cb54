"""Rules and events of CloudTrail, in its shapes: who called what, from where, with which parameters."""

from __future__ import annotations

from typing import Any

from benchmarks.sigma_rules import Maker

SERVICES = {
    "iam": """CreateUser CreateAccessKey AttachUserPolicy PutUserPolicy CreateLoginProfile UpdateLoginProfile
        DeleteUser UpdateAssumeRolePolicy CreateRole AttachRolePolicy DeactivateMFADevice ListUsers""",
    "ec2": """RunInstances AuthorizeSecurityGroupIngress ModifySnapshotAttribute CreateImage DescribeInstances
        DescribeImages DeleteFlowLogs ModifyImageAttribute GetPasswordData CreateKeyPair DescribeRegions""",
    "s3": """PutBucketPolicy PutBucketAcl DeleteBucketPolicy PutBucketLogging GetBucketLocation ListBuckets
        DeleteBucket""",
    "sts": "AssumeRole GetCallerIdentity GetSessionToken GetFederationToken AssumeRoleWithSAML TagSession",
    "kms": "ScheduleKeyDeletion DisableKey Decrypt GenerateDataKey PutKeyPolicy",
    "cloudtrail": "StopLogging DeleteTrail UpdateTrail PutEventSelectors LookupEvents",
    "signin": "ConsoleLogin SwitchRole PasswordRecoveryRequested",
    "lambda": "CreateFunction20150331 UpdateFunctionCode20150331v2 AddPermission20150331v2 Invoke",
    "guardduty": "DeleteDetector CreateIPSet UpdateDetector",
    "secretsmanager": "GetSecretValue ListSecrets DeleteSecret",
}
CALLS = [(f"{service}.amazonaws.com", call) for service, calls in SERVICES.items() for call in calls.split()]
READS = [
    each
    for each in CALLS
    if each[1].startswith(("Get", "List", "Describe", "AssumeRole", "Decrypt", "Generate", "Lookup"))
]
WRITES = [each for each in CALLS if each not in READS]
AGENTS = (
    "aws-cli/2.15.0 Python/3.11",
    "Boto3/1.34 md/Botocore#1.34",
    "console.amazonaws.com",
    "Terraform/1.9",
    "S3Console/0.4",
)
KINDS = ("IAMUser", "AssumedRole", "AssumedRole", "AWSService", "Root")


def rule(maker: Maker) -> dict[str, Any]:
    """One call or several of a service, often with who called or what was asked."""
    random = maker.random
    service, call = random.choice(WRITES)
    selection: dict[str, Any] = {"eventSource": service, "eventName": call}
    if random.random() < 0.25:
        selection["eventName"] = [each for source, each in WRITES if source == service][:3]
    extra = random.random()
    if extra < 0.15:
        selection["userIdentity.type"] = random.choice(KINDS)
    elif extra < 0.25:
        selection["requestParameters.policyArn|endswith"] = "/AdministratorAccess"
    elif extra < 0.35:
        selection["errorCode|contains"] = ["AccessDenied", "Unauthorized"]
    elif extra < 0.42:
        selection["userAgent|contains"] = [maker.zipf(maker.terms), "kali"]
    elif extra < 0.46:
        selection["sourceIPAddress|cidr"] = "198.51.100.0/24"
    elif extra < 0.50:
        selection["requestParameters.ipPermissions.items.ipRanges.items.cidrIp"] = "0.0.0.0/0"
    detection: dict[str, Any] = {"selection": selection, "condition": "selection"}
    if random.random() < 0.25:
        detection["filter"] = {"userIdentity.invokedBy|endswith": ".amazonaws.com"}
        detection["condition"] = "selection and not filter"
    return {
        "title": maker.word(5, 9),
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": detection,
    }


def event(maker: Maker) -> dict[str, Any]:
    """One call; nearly all of them read."""
    random = maker.random
    source, name = random.choice(READS if random.random() < 0.97 else WRITES)
    account, user, kind = f"{random.randrange(10**12):012}", maker.zipf(maker.names), random.choice(KINDS)
    identity: dict[str, Any] = {
        "type": kind,
        "principalId": f"AROA{random.getrandbits(64):016X}:{user}",
        "accountId": account,
        "arn": f"arn:aws:sts::{account}:assumed-role/{user}/session",
        "accessKeyId": f"ASIA{random.getrandbits(64):016X}",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{user}", "userName": user},
            "attributes": {"creationDate": "2026-11-21T10:00:00Z", "mfaAuthenticated": "false"},
        },
    }
    return {
        "eventVersion": "1.09",
        "userIdentity": identity,
        "eventTime": "2026-11-21T10:00:01Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": f"203.0.113.{random.randrange(256)}",
        "userAgent": random.choice(AGENTS),
        "requestParameters": {"roleName": user, "maxResults": 100} if random.random() < 0.7 else None,
        "responseElements": None,
        "requestID": f"{random.getrandbits(128):032x}",
        "eventID": f"{random.getrandbits(128):032x}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
