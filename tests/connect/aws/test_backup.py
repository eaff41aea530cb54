"""What backup plans take, and vaults, as moto plays them and as recorded."""

from __future__ import annotations

import boto3

from cloudward.connect.aws.replay import Replay
from cloudward.connect.aws.session import Boto
from cloudward.connect.aws.transport import refused
from cloudward.model import Outcome

from .conftest import Scan

SELECTION = "AWS::Backup::BackupSelection"
PLANS = {"BackupPlansList": [{"BackupPlanId": "p1", "BackupPlanName": "nightly"}]}
CHOSEN = {"BackupSelectionsList": [{"SelectionId": "s1", "SelectionName": "tables"}]}
TABLES = ["arn:aws:dynamodb:*:*:table/*"]


def test_selection_is_the_document_that_templates_write(replay: Replay, scan: Scan) -> None:
    replay.record("backup", "ListBackupPlans", PLANS)
    replay.record("backup", "ListBackupSelections", CHOSEN)
    document = {"SelectionName": "tables", "Resources": TABLES, "ListOfTags": [], "Conditions": {}}
    replay.record("backup", "GetBackupSelection", {"BackupSelection": document, "SelectionId": "s1"})
    found = scan(replay, services=["backup"]).one(SELECTION)
    assert found.id == "arn:aws:backup:us-east-1:123456789012:backup-plan:p1/selection/s1"
    assert (found.name, found.unread) == ("tables", {})
    assert found.properties["BackupSelection"] == document
    assert found.properties["Runtime"]["BackupPlanName"] == "nightly"


def test_denied_selection_is_unread_and_not_empty(replay: Replay, scan: Scan) -> None:
    replay.record("backup", "ListBackupPlans", PLANS)
    replay.record("backup", "ListBackupSelections", CHOSEN)
    replay.record("backup", "GetBackupSelection", refused("AccessDeniedException"))
    found = scan(replay, services=["backup"]).one(SELECTION)
    assert found.unread["BackupSelection"].call == "backup:GetBackupSelection"


def test_selections_that_are_not_listed_make_the_list_incomplete(replay: Replay, scan: Scan) -> None:
    replay.record("backup", "ListBackupPlans", PLANS)
    replay.record("backup", "ListBackupSelections", refused("AccessDeniedException"))
    found = scan(replay, services=["backup"])
    assert found.of(SELECTION) == []
    assert found.row("backup:ListBackupSelections", Outcome.DENIED).listing


def test_region_says_what_it_takes_by_tags(replay: Replay, scan: Scan) -> None:
    answer = {"ResourceTypeOptInPreference": {"DynamoDB": True, "EFS": False}}
    replay.record("backup", "DescribeRegionSettings", answer)
    p = scan(replay, services=["backup"]).one("AWS::Backup::RegionSettings").properties
    assert p["ResourceTypeOptInPreference"] == {"DynamoDB": True, "EFS": False}


def test_vault_without_a_policy_has_none(replay: Replay, scan: Scan) -> None:
    vault = {"BackupVaultName": "v", "BackupVaultArn": "arn:aws:backup:us-east-1:1:backup-vault:v"}
    replay.record("backup", "ListBackupVaults", {"BackupVaultList": [{**vault, "Locked": True}]})
    replay.record("backup", "GetBackupVaultAccessPolicy", refused("ResourceNotFoundException"))
    found = scan(replay, services=["backup"]).one("AWS::Backup::BackupVault")
    assert found.unread == {}
    assert (found.properties["AccessPolicy"], found.properties["Runtime"]["Locked"]) == (None, True)


def test_vaults_of_moto(moto: None, scan: Scan) -> None:
    boto3.client("backup").create_backup_vault(BackupVaultName="v")
    found = scan(Boto(), services=["backup"], regions=["us-east-1"])
    assert found.one("AWS::Backup::BackupVault").properties["BackupVaultName"] == "v"


def test_backups_of_every_vault_that_has_any_are_listed(replay: Replay, scan: Scan) -> None:
    vaults = [
        {"BackupVaultName": name, "NumberOfRecoveryPoints": count} for name, count in (("a", 1), ("b", 0))
    ]
    arns = [{**vault, "BackupVaultArn": f"arn:{vault['BackupVaultName']}"} for vault in vaults]
    point = {
        "RecoveryPointArn": "arn:aws:ec2:us-east-1::snapshot/snap-1",
        "BackupVaultName": "a",
        "IsEncrypted": False,
    }
    replay.record("backup", "ListBackupVaults", {"BackupVaultList": arns}, forever=True)
    replay.record("backup", "ListRecoveryPointsByBackupVault", {"RecoveryPoints": [point]})
    found = scan(replay, services=["backup"])
    assert found.one("AWS::Backup::RecoveryPoint").properties["IsEncrypted"] is False
    asked = [
        sent for _, _, operation, sent in replay.requests if operation == "ListRecoveryPointsByBackupVault"
    ]
    assert [sent["BackupVaultName"] for sent in asked] == ["a"]
    assert replay.count()["ListBackupVaults"] == 1
