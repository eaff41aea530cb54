"""Dumps of clusters, from the file to the verdict, by the baseline of the Pod Security Standards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cloudward

Spec = dict[str, Any]

CONTAINER: dict[str, tuple[Spec, Spec]] = {
    "kubernetes-pod-privileged": (
        {"securityContext": {"privileged": True}},
        {"securityContext": {"privileged": False}},
    ),
    "kubernetes-pod-capabilities": (
        {"securityContext": {"capabilities": {"add": ["CHOWN", "NET_ADMIN"]}}},
        {"securityContext": {"capabilities": {"add": ["CHOWN"], "drop": ["ALL"]}}},
    ),
    "kubernetes-pod-host-port": (
        {"ports": [{"containerPort": 80, "hostPort": 80}]},
        {"ports": [{"containerPort": 80, "hostPort": 0}]},
    ),
    "kubernetes-pod-host-probes": (
        {"livenessProbe": {"httpGet": {"port": 80, "host": "169.254.169.254"}}},
        {
            "livenessProbe": {"httpGet": {"port": 80, "host": ""}},
            "readinessProbe": {"exec": {"command": ["x"]}},
        },
    ),
    "kubernetes-pod-proc-mount": (
        {"securityContext": {"procMount": "Unmasked"}},
        {"securityContext": {"procMount": "Default"}},
    ),
    "kubernetes-pod-seccomp": (
        {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
        {"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "p"}}},
    ),
    "kubernetes-pod-apparmor": (
        {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
        {"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
    ),
    "kubernetes-pod-selinux": (
        {"securityContext": {"seLinuxOptions": {"type": "spc_t"}}},
        {"securityContext": {"seLinuxOptions": {"type": "container_t", "level": "s0"}}},
    ),
    "kubernetes-pod-windows-host-process": (
        {"securityContext": {"windowsOptions": {"hostProcess": True}}},
        {"securityContext": {"windowsOptions": {"hostProcess": False}}},
    ),
    "kubernetes-pod-privilege-escalation": (
        {"securityContext": {"allowPrivilegeEscalation": True}},
        {"securityContext": {"allowPrivilegeEscalation": False}},
    ),
}
"""Policy -> what a container must not say, and what it may."""

POD: dict[str, tuple[Spec, Spec]] = {
    "kubernetes-pod-host-network": ({"hostNetwork": True}, {"hostNetwork": False}),
    "kubernetes-pod-host-pid": ({"hostPID": True}, {"hostPID": False}),
    "kubernetes-pod-host-ipc": ({"hostIPC": True}, {}),
    "kubernetes-pod-host-path": (
        {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "h", "hostPath": {"path": "/var"}}]},
        {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {"secretName": "s"}}]},
    ),
    "kubernetes-pod-sysctls": (
        {"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}},
        {"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}},
    ),
    "kubernetes-pod-seccomp": (
        {"securityContext": {"seccompProfile": {"type": "Unconfined"}}},
        {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
    ),
    "kubernetes-pod-selinux": (
        {"securityContext": {"seLinuxOptions": {"user": "system_u"}}},
        {"securityContext": {"seLinuxOptions": {"user": "", "type": ""}}},
    ),
    "kubernetes-pod-apparmor": (
        {"securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
        {"securityContext": {"appArmorProfile": {"type": "Localhost", "localhostProfile": "p"}}},
    ),
    "kubernetes-pod-windows-host-process": (
        {"securityContext": {"windowsOptions": {"hostProcess": True}}, "hostNetwork": True},
        {},
    ),
}

LINUX_ONLY = {
    f"kubernetes-pod-{name}"
    for name in (
        "capabilities",
        "proc-mount",
        "seccomp",
        "apparmor",
        "selinux",
        "sysctls",
        "privilege-escalation",
    )
}


def _spec(**more: Any) -> Spec:
    """Gaining privileges is said no to, since Kubernetes permits it to a container that does not say."""
    quiet = {"securityContext": {"allowPrivilegeEscalation": False}}
    return {"containers": [{"name": "c", "image": "i", **quiet}], **more}


def _in(key: str) -> Callable[[Spec], Spec]:
    def spec(container: Spec) -> Spec:
        base = _spec()
        return {**base, key: [*base.get(key, ()), {"name": "x", "image": "i", **container}]}

    return spec


def _object(kind: str, name: str, spec: Spec, owner: str = "") -> Spec:
    meta: Spec = {"name": name, "namespace": "shop"}
    if owner:
        meta["ownerReferences"] = [
            {"apiVersion": "apps/v1", "kind": owner, "name": "o", "uid": "u", "controller": True}
        ]
    group = {"Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    template: Spec = {"metadata": {"labels": {"a": "b"}}, "spec": spec}
    body: Spec = {"template": template}
    if kind == "Pod":
        body = spec
    elif kind == "CronJob":
        body = {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template}}}
    return {"apiVersion": group.get(kind, "apps/v1"), "kind": kind, "metadata": meta, "spec": body}


KINDS = (
    "Pod",
    "Deployment",
    "DaemonSet",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
)


def _estate(good: Spec, bad: Spec, others: dict[str, Spec]) -> tuple[list[Spec], dict[str, str]]:
    objects: list[Spec] = []
    expected: dict[str, str] = {}
    for kind in KINDS:
        objects += [_object(kind, f"good-{kind}", good), _object(kind, f"bad-{kind}", bad)]
        expected |= {f"good-{kind}": "healthy", f"bad-{kind}": "unhealthy"}
    objects += [_object("Pod", "owned", bad, "ReplicaSet"), _object("Job", "owned-job", bad, "CronJob")]
    expected |= {"owned": "not_applicable", "owned-job": "not_applicable"}
    objects += [_object("Pod", name, spec) for name, spec in others.items()]
    return objects, expected | dict.fromkeys(others, "unhealthy")


def _judged(folder: Path, policy: str, objects: list[Spec]) -> dict[str, str]:
    path = folder / "dump.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    result = cloudward.scan_file(path, policies=[policy])
    return {a.resource.name.rpartition("/")[2]: a.status.value for a in result.assessments}


@pytest.mark.parametrize("policy", sorted(CONTAINER))
def test_containers_of_every_kind_are_looked_at(tmp_path: Path, policy: str) -> None:
    bad, good = CONTAINER[policy]
    wrong = {key: _in(key)(bad) for key in ("initContainers", "ephemeralContainers")}
    if policy == "kubernetes-pod-privilege-escalation":
        good = {"securityContext": {"allowPrivilegeEscalation": False}}
    else:
        good = {
            **good,
            "securityContext": {"allowPrivilegeEscalation": False, **good.get("securityContext", {})},
        }
    objects, expected = _estate(_in("containers")(good), _in("containers")(bad), wrong)
    assert _judged(tmp_path, policy, objects) == expected


@pytest.mark.parametrize("policy", sorted(POD))
def test_pods_of_every_kind_are_looked_at(tmp_path: Path, policy: str) -> None:
    bad, good = POD[policy]
    objects, expected = _estate(_spec(**good), _spec(**bad), {})
    assert _judged(tmp_path, policy, objects) == expected


@pytest.mark.parametrize("policy", sorted(LINUX_ONLY))
def test_controls_of_linux_do_not_apply_to_windows(tmp_path: Path, policy: str) -> None:
    bad = _in("containers")(CONTAINER[policy][0]) if policy in CONTAINER else _spec(**POD[policy][0])
    found = _judged(tmp_path, policy, [_object("Pod", "w", {**bad, "os": {"name": "windows"}})])
    assert found == {"w": "not_applicable"}


def test_a_manifest_of_several_documents_is_read(tmp_path: Path) -> None:
    text = "\n---\n".join(
        json.dumps(_object("Pod", n, _spec(hostPID=b))) for n, b in (("a", True), ("b", False))
    )
    (tmp_path / "pods.yaml").write_text(text)
    found = cloudward.scan_file(tmp_path / "pods.yaml", policies=["kubernetes-pod-host-pid"]).assessments
    assert {a.resource.name.rpartition("/")[2]: a.status.value for a in found} == {
        "a": "unhealthy",
        "b": "healthy",
    }
