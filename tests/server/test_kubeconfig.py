"""An uploaded kubeconfig gives an address and a credential, and runs nothing."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from cloudward.errors import InputError
from cloudward.server.kubeconfig import LARGEST, read

PEM = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n").decode()


def config(cluster: Any = None, user: Any = None, **more: Any) -> str:
    cluster = {"server": "https://k8s.example:6443", "certificate-authority-data": PEM} | (cluster or {})
    user = {"token": "t0ken"} if user is None else user
    return yaml.safe_dump(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
        }
        | more
    )


def test_an_address_and_a_token_are_read() -> None:
    found = read(config())
    assert (found.server, found.token) == ("https://k8s.example:6443", "t0ken")
    assert "t0ken" not in repr(found)


def test_a_client_certificate_is_read() -> None:
    found = read(config(user={"client-certificate-data": PEM, "client-key-data": PEM}))
    assert found.key.startswith("-----BEGIN")


@pytest.mark.parametrize(
    "user",
    [
        {"token": "t", "exec": {"command": "/bin/sh", "args": ["-c", "id"]}},
        {"token": "t", "auth-provider": {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}},
        {"token": "t", "tokenFile": "/etc/passwd"},
        {"client-certificate": "/etc/passwd", "client-key": "/etc/shadow"},
        {"token": "t", "as": "system:admin"},
        {"username": "a", "password": "b"},
        {"token": "t", "what-comes-next-year": {"run": "me"}},
        {"token": "t\nx: y"},
        {"token": ["t"]},
        {},
        {"token": "t", "client-certificate-data": PEM, "client-key-data": PEM},
        {"client-certificate-data": PEM},
        {"client-certificate-data": "%%%", "client-key-data": PEM},
    ],
)
def test_every_other_field_of_a_user_is_refused(user: Any) -> None:
    with pytest.raises(InputError):
        read(config(user=user))


@pytest.mark.parametrize(
    "cluster",
    [
        {"insecure-skip-tls-verify": True},
        {"proxy-url": "http://evil.example"},
        {"certificate-authority": "/etc/passwd"},
        {"tls-server-name": "other.example"},
        {"server": "http://k8s.example"},
        {"server": "file:///etc/passwd"},
        {"server": "https://user:pass@k8s.example"},
        {"server": 7},
    ],
)
def test_every_other_field_of_a_cluster_is_refused(cluster: Any) -> None:
    with pytest.raises(InputError):
        read(config(cluster))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: [", "!!python/object/apply:os.system ['id']", "x" * (LARGEST + 1), "current-context: c"],
)
def test_what_is_no_kubeconfig_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read(text)
