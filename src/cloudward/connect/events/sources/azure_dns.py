from cloudward.connect.events import Document, Source

CATEGORIES = {"DnsResponse"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-dns",
    title="Azure DNS security policy query logs",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/dns/dns-traffic-log-how-to",
)
