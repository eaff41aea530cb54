"""AWS Backup: what its plans take, and the vaults that keep it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudward.connect.aws.client import Client
from cloudward.connect.aws.declare import Call, Service, collects, same
from cloudward.model import Document

SERVICE = Service(
    "backup",
    scope="regional",
    quota=10,
    guess=True,
    source="https://docs.aws.amazon.com/aws-backup/latest/devguide/aws-backup-limits.html",
    title="AWS Backup",
)


@collects(
    "AWS::Backup::BackupSelection",
    id="arn:{partition}:backup:{region}:{account}:backup-plan:{BackupPlanId}/selection/{SelectionId}",
    calls=(
        Call("ListBackupPlans", listing=True),
        Call("ListBackupSelections", listing=True),
        Call(
            "GetBackupSelection",
            into="Selection",
            by={"BackupPlanId": "BackupPlanId", "SelectionId": "SelectionId"},
            gone=("ResourceNotFoundException",),
        ),
    ),
    fields={
        "BackupPlanId": "BackupPlanId!",
        "BackupSelection": "Selection.BackupSelection!",
        "Runtime.SelectionId": "SelectionId!",
        "Runtime.BackupPlanName": "PlanName",
    },
    name="SelectionName",
)
def selections(backup: Client) -> Iterable[Document]:
    """What each plan backs up; a plan without a selection backs up nothing."""
    for plan in backup.each("ListBackupPlans", "BackupPlansList"):
        chosen = backup.each(
            "ListBackupSelections", "BackupSelectionsList", BackupPlanId=plan["BackupPlanId"]
        )
        for selection in chosen:
            yield {**selection, "BackupPlanId": plan["BackupPlanId"], "PlanName": plan.get("BackupPlanName")}


@collects(
    "AWS::Backup::RegionSettings",
    calls=(Call("DescribeRegionSettings", into="Answer", listing=True),),
    fields=same("ResourceTypeOptInPreference!", of="Answer"),
)
def region_settings(backup: Client) -> Iterable[Document]:
    """Which kinds of resources AWS Backup takes in the region by tags."""
    yield {"Answer": backup.call("DescribeRegionSettings")}


@collects(
    "AWS::Backup::BackupVault",
    id="BackupVaultArn",
    calls=(
        Call("ListBackupVaults", listing=True, once=True),
        Call(
            "GetBackupVaultAccessPolicy",
            into="Access",
            by={"BackupVaultName": "BackupVaultName"},
            extra=True,
            absent={"ResourceNotFoundException": {"Policy": None}},
        ),
    ),
    fields={
        "BackupVaultName": "BackupVaultName!",
        "AccessPolicy": "Access.Policy",
        "EncryptionKeyArn": "EncryptionKeyArn",
        "LockConfiguration.MinRetentionDays": "MinRetentionDays",
        "LockConfiguration.MaxRetentionDays": "MaxRetentionDays",
        "Runtime.Locked": "Locked",
        "Runtime.VaultType": "VaultType",
        "Runtime.NumberOfRecoveryPoints": "NumberOfRecoveryPoints",
    },
    name="BackupVaultName",
)
def vaults(backup: Client) -> Iterable[Document]:
    """Where backups are kept."""
    return backup.each("ListBackupVaults", "BackupVaultList")


@collects(
    "AWS::Backup::RecoveryPoint",
    id="RecoveryPointArn",
    calls=(
        Call("ListBackupVaults", listing=True, once=True),
        Call("ListRecoveryPointsByBackupVault", listing=True, params={"MaxResults": 1000}),
    ),
    fields={
        **same("BackupVaultName", "ResourceArn", "ResourceType", "IsEncrypted", "EncryptionKeyArn"),
        **same("Status", "CreationDate", into="Runtime"),
    },
    generation="CreationDate",
)
def recovery_points(backup: Client) -> Iterator[Document]:
    """Backups, of every vault that has any."""
    for vault in backup.each("ListBackupVaults", "BackupVaultList"):
        if vault.get("NumberOfRecoveryPoints") != 0:
            name = vault["BackupVaultName"]
            yield from backup.each("ListRecoveryPointsByBackupVault", "RecoveryPoints", BackupVaultName=name)
