"""The main journey from an empty server, on both databases; and what people come for on PostgreSQL too."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import boto3
import pytest
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.server import ThreadedMotoServer
from playwright.sync_api import Browser, expect

from cloudward.store import Store
from tests.browser import test_actions as actions
from tests.browser.browser import Seen, seen
from tests.browser.server import fill, over, serving
from tests.playing import teach

pytestmark = pytest.mark.slow
ACCOUNT, REGION = "111122223333", "eu-west-1"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An account with a bucket, in a cloud of one region on this machine, to which servers go."""
    teach()
    own = [each for each in RegionsAndZonesBackend.regions if each.name == REGION]
    monkeypatch.setattr(RegionsAndZonesBackend, "regions", own)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    given = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    urlopen(f"{given['AWS_ENDPOINT_URL']}/moto-api/reset", data=b"").close()  # of another server here before
    role = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/cloudward", RoleSessionName="test"
    )["Credentials"]
    session = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
    session.client("s3").create_bucket(
        Bucket="acme-photos", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    try:
        yield given["AWS_ENDPOINT_URL"]
    finally:
        server.stop()


@pytest.mark.usefixtures("cloud")
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.exam)])
def test_an_account_is_connected_and_scanned(
    engine: str, browser: Browser, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url: str | None = request.getfixturevalue("database")() if engine == "postgresql" else None
    store = tmp_path / "store"
    with over(url):
        Store.open(store).close()
    with serving(store, database=url) as served, seen(browser, served.base) as portal:
        portal.entered(served.link)
        _scanned(portal)
        portal.go("/inventory?search=acme-photos")
        expect(actions.rows(portal).first).to_contain_text("acme-photos")
        portal.go("/recommendations")
        assert actions.rows(portal).count() > 5


def _scanned(portal: Seen) -> None:
    portal.go("/environments")
    portal.button("Connect AWS")
    dialog = portal.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("acme")
    dialog.get_by_label("Accounts", exact=True).fill(ACCOUNT)
    portal.page.keyboard.press("Enter")
    dialog.get_by_label("Region", exact=True).fill(REGION)
    portal.page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Next").click()
    dialog = portal.page.get_by_role("dialog", name="Set up acme")
    dialog.get_by_label("The ARN").fill(f"arn:aws:iam::{ACCOUNT}:user/cloudward")
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_role("button", name="The role is made").click()
    dialog.get_by_role("button", name="Scan now").click()
    dialog.get_by_role("button", name="Waiting").wait_for()
    dialog.get_by_role("button", name="Scan now").wait_for(timeout=300_000)
    portal.go("/environments?tab=scans")
    expect(actions.rows(portal)).to_have_count(1)
    expect(actions.rows(portal)).to_contain_text("Finished")


def test_what_people_come_for_is_the_same_on_postgresql(
    browser: Browser, database: Callable[[], str], tmp_path: Path
) -> None:
    """In by the link; filter, export, exempt and see the score change, assign a standard, write a policy and
    see it evaluated, have a report made, decide on alerts, a user with a narrow role and what he cannot."""
    url, store = database(), tmp_path / "store"
    with over(url):
        fill(store)
    with serving(store, database=url) as served, seen(browser, served.base) as portal:
        portal.entered(served.link)
        actions.test_a_filtered_list_is_its_address_and_its_export(portal, tmp_path)
        actions.test_who_exempts_sees_the_score_change_and_can_undo_it(portal, served)
        actions.test_a_standard_is_assigned_and_taken_back(portal)
        actions.test_a_custom_policy_is_written_tried_kept_and_evaluated(portal, served)
        actions.test_a_report_is_made_in_the_background_and_kept_with_its_hash(portal, tmp_path)
        actions.test_alerts_are_dismissed_together_and_that_is_undone(portal)
        actions.test_who_has_a_narrow_role_sees_his_scope_and_cannot_decide(browser, served, portal)
    assert not (store / "state.sqlite").exists()
