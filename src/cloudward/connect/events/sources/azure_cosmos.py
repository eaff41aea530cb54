from cloudward.connect.events import Document, Source

CATEGORIES = {"ControlPlaneRequests", "DataPlaneRequests", "MongoRequests", "QueryRuntimeStatistics"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-cosmos",
    title="Azure Cosmos DB resource logs",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/cosmos-db/monitor-resource-logs",
)
