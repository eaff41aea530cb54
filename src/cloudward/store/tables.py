"""The tables of the state database.

Scopes, types, policies and resources have short integer keys, so that five million assessments with
their indexes stay small. The resources of a scope have one block of keys (`first` to `last`), new with
every publication. Moments are microseconds since 1970 UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
Key = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives row ids only to `INTEGER`."""
Ordered = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared byte by byte, as SQLite and Python do."""

scans = Table(
    "scans",
    metadata,
    Column("id", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("connector", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("units", Integer),
    Column("done", Integer),
)
"""`units` and `done` are written when a scan ends; until then the journal has them."""

units = Table(
    "units",
    metadata,
    Column("scan", ForeignKey("scans.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("resources", BigInteger, nullable=False, default=0),
    Column("ended", BigInteger),
    sqlite_with_rowid=False,
)

unit_scopes = Table(
    "unit_scopes",
    metadata,
    Column("scan", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Which units gave something of a scope."""

scopes = Table(
    "scopes",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("provider", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("parent", Text),
    Column("state", Text, nullable=False, server_default="active"),
    Column("scan", ForeignKey("scans.id")),
    Column("published", BigInteger),
    Column("first", BigInteger, nullable=False, default=0),
    Column("last", BigInteger, nullable=False, default=-1),
    Column("version", BigInteger, nullable=False, server_default="0"),  # see `atlas`
)

manifest = Table(
    "manifest",
    metadata,
    Column("scope", ForeignKey("scopes.key"), primary_key=True),
    Column("scan", ForeignKey("scans.id"), primary_key=True),
    Column("path", Text, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("resources", BigInteger, nullable=False),
    Column("assessments", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

trash = Table("trash", metadata, Column("path", Text, primary_key=True))
"""Files whose rows are gone and that are still to be removed."""

types = Table(
    "types",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
)

policies = Table(
    "policies",
    metadata,
    Column("key", Key, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
)

resources = Table(
    "resources",
    metadata,
    Column("key", Key, primary_key=True),
    Column("scope", ForeignKey("scopes.key"), nullable=False),
    Column("type", ForeignKey("types.key"), nullable=False),
    Column("id", Ordered, nullable=False),
    Column("region", Text),
    Column("name", Text, nullable=False),
    Column("generation", Text, nullable=False),
    Column("file", Text),
    Column("line", Integer),
    Column("row", Integer),
    Index("resources_by_type", "scope", "type", "id"),
    Index("resources_by_id", "id"),
)
"""`row` is the position in the snapshot; null for one that was assessed but not read in this scan."""

tags = Table(
    "tags",
    metadata,
    Column("resource", Key, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Index("tags_by_value", "key", "value", "resource"),
    sqlite_with_rowid=False,
)

basis = Table(
    "basis",
    metadata,
    Column("key", Key, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("policy", Text, nullable=False),
    Column("policy_hash", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
)
"""What many assessments were made with."""

assessments = Table(
    "assessments",
    metadata,
    Column("resource", Key, primary_key=True),
    Column("policy", Key, primary_key=True),
    Column("scope", Key, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("basis", Key, nullable=False),
    Column("cause", Text),
    Column("since", BigInteger, nullable=False),
    Column("last_status", SmallInteger),
    Column("last_at", BigInteger),
    Column("document_hash", LargeBinary, nullable=False),
    Column("decided", LargeBinary, nullable=False),
    Column("evaluated_at", BigInteger, nullable=False),
    Column("due", BigInteger),
    Column("exemption", Text),
    Column("restarted", Boolean, nullable=False),
    Index("assessments_by_policy", "policy", "status", "scope", "resource"),
    sqlite_with_rowid=False,
)

counts = Table(
    "counts",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("grain", SmallInteger, primary_key=True),
    Column("policy", Key, primary_key=True),
    Column("type", Key, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("severity", SmallInteger, primary_key=True),
    Column("status", SmallInteger, primary_key=True),
    Column("exempt", Boolean, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Index("counts_by_policy", "policy", "grain", "scope"),
    sqlite_with_rowid=False,
)
"""Assessments, counted for each leaf scope and, as scope 0, for all. See `counts.GRAINS`."""

inventory = Table(
    "inventory",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("type", Key, primary_key=True),
    Column("region", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Resources, counted for each leaf scope and, as scope 0, for all."""

coverage = Table(
    "coverage",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("region", Text),
    Column("type", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("listing", Boolean, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("cause", Text),
    sqlite_with_rowid=False,
)

standing = Table(
    "standing",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("policy", Key, primary_key=True),
    Column("oldest", BigInteger, nullable=False),
    Column("newest", BigInteger, nullable=False),
    Index("standing_by_policy", "policy", "scope", "oldest", "newest"),
    sqlite_with_rowid=False,
)
"""Since when the first and the last of what a policy finds unhealthy are so, exempt ones left out: for each
leaf scope and, as scope 0, for all."""

scores = Table(
    "scores",
    metadata,
    Column("scope", Key, primary_key=True),
    Column("scan", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("percentage", Float, nullable=False),
    Column("floor", Float),
    Column("max", Float, nullable=False, server_default="0"),
    Column("weight", BigInteger, nullable=False, server_default="0"),
    Column("least", BigInteger),
    Column("most", BigInteger),
    Column("document", Text, nullable=False),
    Index("scores_by_time", "at"),
    sqlite_with_rowid=False,
)

connectors = Table(
    "connectors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("source", Text),
)

schedules = Table(
    "schedules",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("cron", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("source", Text),
    Column("next", BigInteger),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Ordered, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("lane", Text),
    Column("idempotency", Text, unique=True),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("owner", Text),
    Column("expires", BigInteger),
    Column("cancelling", Boolean, nullable=False),
    Column("progress", Text),
    Column("result", Text),
    Column("problem", Text),
    Index("ix_jobs_state_due", "state", "due"),
    Index(
        "ix_jobs_running_lane",
        "lane",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)
"""Work that is done once. The index lets no two jobs of a lane run; JSON: payload, progress, result."""

workers = Table(
    "workers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
)

exemptions = Table(
    "exemptions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("resource", Text),
    Column("expires", BigInteger),
    Column("approved_by", Text),
    Column("source", Text),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("standard", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("exclude", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("source", Text),
)
"""Which policies are audited or disabled where. `exclude` and `parameters` are JSON."""

channels = Table(
    "channels",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Who is told of what. JSON: settings, whose secrets are sealed, and events."""

mails = Table(
    "mails",
    metadata,
    Column("key", Key, primary_key=True),
    Column("address", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_mails_address_at", "address", "at"),
)
"""Mails that were sent, for as long as they count."""

told = Table(
    "told",
    metadata,
    Column("id", Text, primary_key=True),
    Column("document", Text, nullable=False),
)
"""What channels were told last, in JSON."""

plans = Table(
    "plans",
    metadata,
    Column("id", Text, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text),
    UniqueConstraint("plan", "scope"),
)
"""Which plans are on and off where; scope `""` is everywhere."""

custom = Table(
    "custom_policies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Policies that people wrote, each for a scope; `""` is everywhere."""

revisions = Table(
    "revisions",
    metadata,
    Column("key", Key, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("scope", Text),
    Column("digest", Text, nullable=False),
)
"""Who changed what of that which people decide, and when. `before` and `after` are JSON. `digest` covers a
row and the digest of the one before it."""

chain = Table(
    "chain",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)
"""One row: how many revisions there are, and the digest of the last. Who writes one holds it."""

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("email", Text),
    Column("active", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", ForeignKey("users.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used", BigInteger),
)
"""What a user signs in with here. `secret` is a hash, a public key, or sealed."""

identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("user", ForeignKey("users.id"), nullable=False, index=True),
    Column("groups", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
)
"""Who a user is at an identity provider, and the groups (JSON) in which he was there last."""

bindings = Table(
    "bindings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("holder", Text, nullable=False, index=True),
    Column("issuer", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Who has a role where: a user's id, or a group's name with its `issuer`. Scope `""` is every one."""

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("user", ForeignKey("users.id"), nullable=False, index=True),
    Column("method", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("verified", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)
"""Sign-ins. `digest` is of the cookie, `verified` when the user proved last who he is."""

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("user", ForeignKey("users.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("used", BigInteger),
    Column("source", Text, nullable=False, server_default=""),
    Column("account", Text, nullable=False, server_default=""),
)
"""Tokens for programs, of the user who answers for them. One with a `source` brings events of that log, of
its scope and `account` alone."""

batches = Table(
    "batches",
    metadata,
    Column("key", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("evaluated", BigInteger, nullable=False, index=True),
    Column("records", BigInteger, nullable=False),
    Column("unparsed", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
)
"""Batches of events that were evaluated; one that comes again is known by its key."""

heard = Table(
    "heard",
    metadata,
    Column("source", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("records", BigInteger, nullable=False),
    Column("unparsed", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("first", BigInteger),
    Column("last", BigInteger),
    Column("received", BigInteger, nullable=False),
    Column("evaluated", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What came of a log and by which way: the id of a token, or `files`. `first` and `last` are moments of
events; `received` and `evaluated` are of the last of them that came."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""How far what is followed was read, in JSON."""

spent = Table(
    "spent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True),
)
"""What is good for one use and had it, until it would be over anyway."""

security = Table(
    "security",
    metadata,
    Column("name", Text, primary_key=True),
    Column("document", Text, nullable=False),
)
"""Settings of sign-in, by name, as JSON."""

attestations = Table(
    "attestations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("standard", Text, nullable=False),
    Column("control", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", BigInteger),
    Column("source", Text),
)
"""What people say of the controls of standards; scope `""` is every one."""

views = Table(
    "views",
    metadata,
    Column("id", Text, primary_key=True),
    Column("list", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("user", Text, nullable=False, index=True),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("detection", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("entities", Text, nullable=False),
    Column("tactics", Text, nullable=False),
    Column("techniques", Text, nullable=False),
    Column("alert_types", Text, nullable=False),
    Column("reasons", Text, nullable=False, server_default="[]"),
    Column("sample", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_by", Text, nullable=False),
    Column("state_at", BigInteger),
    Column("state_reason", Text, nullable=False),
    Column("suppression", Text, nullable=False),
    Column("original", Text),
    Index("alerts_by_state", "state", "last"),
    Index("alerts_by_scope", "scope", "last"),
)
"""JSON: `entities`, a list of (kind, value); `tactics` and the like, lists of texts; `original`, a map."""

alert_events = Table(
    "alert_events",
    metadata,
    Column("alert", ForeignKey("alerts.id"), primary_key=True),
    Column("event", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("document", Text),
    sqlite_with_rowid=False,
)
"""The events that an alert is made of; only the earliest keep their document."""

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("detection", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
)

baselines = Table(
    "baselines",
    metadata,
    Column("detection", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("entity", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("day", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What is known of an entity by a detection. `model` is a hash of what was asked, `day` its latest one,
counted from 1970."""

baseline_days = Table(
    "baseline_days",
    metadata,
    Column("source", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("learnt", BigInteger, nullable=False),
    Column("unlearnt", Boolean, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"""Which events of a day were learnt; of one that is unlearnt none will be."""

baseline_sources = Table(
    "baseline_sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("trusted", Boolean, nullable=False),
)
"""Whether a source is learnt from, where somebody decided."""

baseline_counts = Table(
    "baseline_counts",
    metadata,
    Column("detection", Text, primary_key=True),
    Column("evicted", BigInteger, nullable=False),
    Column("late", BigInteger, nullable=False),
)
"""What was not learnt."""

indicators = Table(
    "indicators",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("confidence", SmallInteger, nullable=False),
    Column("expires", BigInteger),
    Column("labels", Text, nullable=False),
    Column("description", Text, nullable=False),
    Index("indicators_by_source", "source"),
)
"""`labels` is JSON, a list of texts."""

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("score", Float, nullable=False),
    Column("needed", Float, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("tactics", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_by", Text, nullable=False),
    Column("state_at", BigInteger),
    Column("state_reason", Text, nullable=False),
    Column("merged_into", Text, nullable=False),
    Index("incidents_by_state", "state", "last"),
)
"""`tactics` and `scopes` are JSON, lists of texts."""

incident_alerts = Table(
    "incident_alerts",
    metadata,
    Column("alert", ForeignKey("alerts.id"), primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    Column("mass", Float, nullable=False),
    Column("raised", Text, nullable=False),
    Column("because", Text),
    Column("placed_by", Text, nullable=False),
    Index("incident_alerts_by_incident", "incident"),
    sqlite_with_rowid=False,
)
"""An alert is in one incident at most. `raised` and `because` are JSON."""

comments = Table(
    "comments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident", ForeignKey("incidents.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("comments_by_incident", "incident", "at"),
)

correlations = Table(
    "correlations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("asked", Text, nullable=False),
    Column("counts", LargeBinary, nullable=False),
)
"""Correlations of which something is remembered; `asked` changes with what they ask."""

correlation_groups = Table(
    "correlation_groups",
    metadata,
    Column("correlation", Text, primary_key=True),
    Column("group", Text, primary_key=True),
    Column("touched", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Events within reach, for each group; `group` is a hash of its values, `data` is msgpack."""
