"""Kubernetes objects: what a cluster gave, or manifests that somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudward.connect.files.shapes import Place, Shape
from cloudward.model import Provider, Resource, Source

COPIES = ("kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original")
"""Annotations that hold the whole object once more, with the values of its secrets."""


def fits(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("apiVersion"), str) and isinstance(document.get("kind"), str)


def resource(document: Mapping[str, Any], place: Place, names: Mapping[str, str]) -> Resource:
    """Scope is the cluster; an object without a uid never was in a cluster, so it is code."""
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping):
        raise ValueError(f"{document['kind']} without metadata")
    name = str(metadata.get("name") or metadata.get("generateName") or "")
    if not name:
        raise ValueError(f"{document['kind']} without a name")
    uid = str(metadata.get("uid") or "")
    namespace = str(metadata.get("namespace") or ("default" if not uid else ""))
    kind = f"{document['apiVersion']}/{document['kind']}"
    parts = (place.cluster, namespace, str(document["kind"]), name)
    labels = metadata.get("labels")
    return Resource(
        id="/".join(part for part in parts if part),
        type=names.get(kind.lower(), kind),
        provider=Provider.KUBERNETES,
        scope=place.cluster,
        region=None,
        name=f"{namespace}/{name}" if namespace else name,
        properties=_without_copies(document),
        tags={str(k): str(v) for k, v in labels.items()} if isinstance(labels, Mapping) else {},
        source=None if uid else Source(place.file, max(place.line, 1)),
        generation=uid,
    )


def _without_copies(document: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = document["metadata"]
    annotations = metadata.get("annotations")
    if not isinstance(annotations, Mapping) or not any(name in annotations for name in COPIES):
        return document
    kept = {name: text for name, text in annotations.items() if name not in COPIES}
    return {**document, "metadata": {**metadata, "annotations": kept}}


SHAPE = Shape(fits, resource, "cluster")
