from cloudward.connect.events import Document, Source

CATEGORIES = {"MySqlAuditLogs", "MySqlSlowLogs", "PostgreSQLLogs"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-postgresql",
    title="Azure Database for PostgreSQL and MySQL logs",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-and-access-logs",
)
