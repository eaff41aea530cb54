from cloudward.connect.events import Document, Source

CATEGORIES = {"StorageDelete", "StorageRead", "StorageWrite"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-storage",
    title="Azure Storage resource logs",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage-reference",
)
