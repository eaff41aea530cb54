"""What logs call a resource is found in the inventory, or it is said that nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cloudward.model import Provider, Resource, Scope
from cloudward.store import Store, naming
from cloudward.store.naming import Called, Known
from tests.store.build import KEY, ONE, TWO, account, resource, score

SUBSCRIPTION = "0f3a1c52-7b1d-4f0e-9a53-111111111111"
ACCOUNT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/logs"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/web"


def there(store: Store, *found: Resource) -> None:
    """These are in the inventory."""
    for id in sorted({each.scope for each in found}):
        mine = [each for each in found if each.scope == id]
        kept(store, account(id), mine)


def kept(store: Store, scope: Scope, found: Sequence[Resource]) -> None:
    staging = store.begin(scope.provider, scope.id, [scope])
    with staging.unit(f"{scope.id}/all") as writer:
        for each in found:
            writer.add(each)
    staging.publish(scope.id, [], score(scope.id))
    staging.finish()


def called(store: Store, text: str, scope: str = ONE, region: str = "") -> list[str]:
    asked = Called(scope, text, region)
    return [each.id for each in store.called([asked]).get(asked, ())]


def test_an_id_a_name_and_what_lies_below_are_the_resource(store: Store) -> None:
    bucket, other = "arn:aws:s3:::main", "arn:aws:ec2:eu-west-1:111111111111:instance/i-0abc"
    there(
        store,
        resource("main", id=bucket),
        resource("i-0abc", "AWS::EC2::Instance", id=other),
        resource("main", scope=TWO, id="arn:aws:s3:::other"),
    )
    for text in (bucket, "main", f"{bucket}/a/b.txt"):
        assert called(store, text) == [bucket], text
    assert called(store, "i-0abc") == [other]
    assert called(store, "main", TWO) == ["arn:aws:s3:::other"]
    for text in ("Main", "mai", "", "arn:aws:s3:::main2", "arn:aws:s3:::mai", "arn:aws:s3:::"):
        assert called(store, text) == [], text
    assert called(store, "main", "333333333333") == []


def test_what_several_are_called_is_none_of_them_unless_the_region_tells(store: Store) -> None:
    one, key = resource("main"), resource("main", KEY, region="us-east-1")
    there(store, one, key)
    assert called(store, "main") == [key.id, one.id]
    assert called(store, one.id) == [one.id], "the id tells"
    assert called(store, "main", region="us-east-1") == [key.id]
    assert called(store, "main", region="eu-north-1") == [key.id, one.id]
    found = store.called([Called(ONE, "main")])[Called(ONE, "main")]
    assert naming.one(found) is None
    with store.database.read() as connection:
        assert naming.texts(connection, found[0]) == (key.id,), "by its name it is not to be found"


def test_azure_does_not_tell_capitals_apart(store: Store) -> None:
    shop = Scope(SUBSCRIPTION, Provider.AZURE, "subscription", "shop")
    kept(store, shop, [azure("logs", ACCOUNT), azure("web", VM)])
    assert called(store, ACCOUNT.upper(), SUBSCRIPTION) == [ACCOUNT]
    below = f"{ACCOUNT}/blobServices/default"
    assert called(store, below.upper(), SUBSCRIPTION) == [ACCOUNT]
    assert called(store, below, SUBSCRIPTION) == [ACCOUNT]
    assert called(store, VM.replace("/web", "/gone"), SUBSCRIPTION) == []
    assert called(store, "web", SUBSCRIPTION) == [VM]


def azure(name: str, id: str) -> Resource:
    return resource(
        name, id.split("/providers/")[1].rpartition("/")[0], SUBSCRIPTION, id=id, provider=Provider.AZURE
    )


def test_an_object_of_a_cluster_is_found_by_its_name_alone(store: Store) -> None:
    pods = [
        resource(
            f"{space}/{name}", "v1/Pod", "prod", id=f"prod/{space}/Pod/{name}", provider=Provider.KUBERNETES
        )
        for space, name in (("shop", "web-1"), ("shop", "db_1"), ("test", "db_1"), ("test", "dbx1"))
    ]
    kept(store, Scope("prod", Provider.KUBERNETES, "cluster", "prod"), pods)
    assert called(store, "web-1", "prod") == ["prod/shop/Pod/web-1"]
    assert called(store, "shop/db_1", "prod") == ["prod/shop/Pod/db_1"]
    assert called(store, "db_1", "prod") == ["prod/shop/Pod/db_1", "prod/test/Pod/db_1"]
    assert called(store, "b_1", "prod") == []


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", "%", "_", "\\", "arn:aws:::::::", "/subscriptions/", "x" * 9000]
)
def test_hostile_texts_are_called_nothing(store: Store, text: str) -> None:
    there(store, resource("main"))
    assert called(store, text) == []


def test_many_are_looked_up_together(store: Store) -> None:
    there(store, *(resource(f"b{number}") for number in range(900)))
    asked = [Called(ONE, f"b{number}") for number in range(1000)]
    found = store.called(asked)
    assert len(found) == 900
    assert all(isinstance(each, Known) for some in found.values() for each in some)
