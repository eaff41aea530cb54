# ruff: noqa: E501 - a line is an event
"""Events as providers write them, each with its truth beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

Doc = dict[str, Any]


@dataclass
class Logs:
    """Lines by source. `truth` is the campaign of what is added now; empty is none."""

    truth: str = ""
    lines: dict[str, list[tuple[datetime, str, str]]] = field(default_factory=dict)
    count: int = 0

    def add(self, source: str, at: datetime, line: str) -> None:
        self.lines.setdefault(source, []).append((at, line, self.truth))

    def document(self, source: str, at: datetime, document: Doc) -> None:
        self.add(source, at, json.dumps(document, separators=(",", ":")))

    def id(self) -> str:
        """An id that no other event has."""
        self.count += 1
        return blake2b(f"{self.truth}\0{self.count}".encode(), digest_size=16).hexdigest()

    def written(self, folder: Path) -> dict[tuple[str, int], str]:
        """Write a file a source, `<source>.log`, in the order of time; gives (source, line) -> campaign."""
        truth: dict[tuple[str, int], str] = {}
        for source, found in sorted(self.lines.items()):
            found.sort(key=lambda each: (each[0], each[1]))
            (folder / f"{source}.log").write_text("".join(f"{line}\n" for _, line, _ in found))
            truth |= {(source, number): campaign for number, (_, _, campaign) in enumerate(found, 1)}
        return truth

    # What a provider writes. `who` is what the company's people and services carry for it.

    def aws(
        self,
        at: datetime,
        who: Doc,
        ip: str,
        service: str,
        name: str,
        params: Doc | None = None,
        response: Doc | None = None,
        **more: Any,
    ) -> None:
        account = who["accountId"]
        self.document("aws-cloudtrail", at, {
            "eventVersion": "1.11", "userIdentity": who, "eventTime": _z(at),
            "eventSource": f"{service}.amazonaws.com", "eventName": name,
            "awsRegion": more.pop("region", "eu-west-1"), "sourceIPAddress": ip,
            "userAgent": more.pop("agent", "aws-cli/2.17.9"), "requestParameters": params,
            "responseElements": response, "eventID": self.id(), "eventType": "AwsApiCall",
            "recipientAccountId": account, **more,
        })  # fmt: skip

    def azure(self, at: datetime, who: Doc, ip: str, operation: str, resource: str, body: Any = None) -> None:
        subscription = resource.split("/")[2]
        properties = {"subscriptionId": subscription, "eventDataId": self.id()}
        self.document("azure-activity", at, {
            "time": _z(at), "resourceId": resource.upper(), "operationName": operation.upper(),
            "category": "Administrative", "resultType": "Success", "callerIpAddress": ip,
            "correlationId": self.id(), "identity": {"claims": who["claims"]},
            "properties": properties | ({"requestbody": json.dumps(body)} if body else {}),
        })  # fmt: skip

    def vault(self, at: datetime, who: Doc, ip: str, operation: str, resource: str, secret: str) -> None:
        vault = resource.rsplit("/", 1)[1].lower()
        claims = who["claims"]
        claim = {"upn": claims["name"]} if "@" in claims["name"] else {"appid": claims["appid"]}
        self.document("azure-keyvault", at, {
            "time": _z(at), "resourceId": resource.upper(), "category": "AuditEvent",
            "operationName": operation, "callerIpAddress": ip, "resultType": "Success",
            "correlationId": self.id(), "identity": {"claim": claim},
            "properties": {"id": f"https://{vault}.vault.azure.net/secrets/{secret}", "httpStatusCode": 200},
        })  # fmt: skip

    def entra(self, at: datetime, tenant: str, who: Doc, ip: str, activity: str, target: Doc) -> None:
        claims = who["claims"]
        user = {"userPrincipalName": claims["name"], "ipAddress": ip}
        by = {"user": user} if "@" in claims["name"] else {"app": {"displayName": claims["name"]}}
        self.document("azure-audit", at, {
            "time": _z(at), "resourceId": f"/tenants/{tenant}/providers/Microsoft.aadiam",
            "operationName": activity, "category": "AuditLogs", "tenantId": tenant,
            "properties": {"id": self.id(), "activityDateTime": _z(at), "activityDisplayName": activity,
                           "result": "success", "initiatedBy": by, "targetResources": [target]},
        })  # fmt: skip

    def signin(self, at: datetime, tenant: str, who: Doc, ip: str, error: int, **more: Any) -> None:
        claims = who["claims"]
        person = "@" in claims["name"]
        named = (
            {"userPrincipalName": claims["name"]}
            if person
            else {"servicePrincipalName": claims["name"], "servicePrincipalId": claims["appid"]}
        )
        self.document("azure-signin", at, {
            "time": _z(at), "resourceId": f"/tenants/{tenant}/providers/Microsoft.aadiam",
            "operationName": "Sign-in activity", "tenantId": tenant, "resultType": str(error),
            "category": "SignInLogs" if person else "ServicePrincipalSignInLogs", "callerIpAddress": ip,
            "properties": {"id": self.id(), "createdDateTime": _z(at), "appDisplayName": "Azure Portal",
                           "ipAddress": ip, "status": {"errorCode": error}, **named, **more},
        })  # fmt: skip

    def gcp(
        self,
        at: datetime,
        project: str,
        who: Doc,
        ip: str,
        service: str,
        method: str,
        resource: str,
        **more: Any,
    ) -> None:
        self.document("gcp-audit", at, {
            "insertId": self.id(), "timestamp": _z(at), "severity": "NOTICE",
            "logName": f"projects/{project}/logs/cloudaudit.googleapis.com%2Factivity",
            "resource": {"type": "project", "labels": {"project_id": project}},
            "protoPayload": {"serviceName": f"{service}.googleapis.com", "methodName": method,
                             "resourceName": resource, "authenticationInfo": who,
                             "requestMetadata": {"callerIp": ip, "callerSuppliedUserAgent": "gcloud"}, **more},
        })  # fmt: skip

    def kubernetes(
        self,
        at: datetime,
        cluster: str,
        who: str,
        ip: str,
        verb: str,
        where: Doc,
        body: Doc | None = None,
        **more: Any,
    ) -> None:
        sub = f"/{where['subresource']}" if "subresource" in where else ""
        uri = f"/api/v1/namespaces/{where.get('namespace', '')}/{where['resource']}/{where.get('name', '')}{sub}"
        code = more.pop("code", 201 if verb == "create" else 200)
        self.document("kubernetes-audit", at, {
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
            "auditID": self.id(), "stage": "ResponseComplete", "requestURI": uri, "verb": verb,
            "user": {"username": who}, "sourceIPs": [ip], "userAgent": more.pop("agent", "kubectl/v1.31.0"),
            "objectRef": where, "responseStatus": {"code": code}, "requestReceivedTimestamp": _z(at),
            "cluster": {"cluster_name": cluster}, **({"requestObject": body} if body else {}), **more,
        })  # fmt: skip

    def falco(
        self, at: datetime, node: str, rule: str, pod: str, image: str, command: str, user: str = "root"
    ) -> None:
        self.document("falco", at, {
            "uuid": self.id(), "hostname": node, "output": rule, "priority": "Warning", "rule": rule,
            "source": "syscall", "time": _z(at),
            "output_fields": {"container.image.repository": image, "k8s.pod.name": pod,
                              "proc.cmdline": command, "user.name": user},
        })  # fmt: skip

    def linux(self, at: datetime, host: str, program: str, message: str) -> None:
        pid = int(self.id()[:4], 16)
        self.add(
            "linux-log", at, f"{at.isoformat(timespec='microseconds')} {host} {program}[{pid}]: {message}"
        )

    def github(self, at: datetime, actor: str, ip: str, action: str, **more: Any) -> None:
        self.document("github-audit", at, {
            "@timestamp": int(at.timestamp() * 1000), "_document_id": self.id(), "action": action,
            "actor": actor, "actor_ip": ip, "org": "larchlane", **more,
        })  # fmt: skip

    def okta(
        self, at: datetime, who: str, ip: str, event: str, target: str = "", result: str = "SUCCESS"
    ) -> None:
        self.document("okta", at, {
            "uuid": self.id(), "published": _z(at), "eventType": event, "severity": "INFO",
            "actor": {"id": f"00u{who}", "type": "User", "alternateId": who}, "client": {"ipAddress": ip},
            "outcome": {"result": result}, "securityContext": {"domain": "larchlane"},
            "target": [{"id": f"00u{target}", "type": "User", "alternateId": target}] if target else [],
        })  # fmt: skip


def _z(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
