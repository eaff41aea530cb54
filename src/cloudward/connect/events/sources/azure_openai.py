from cloudward.connect.events import Document, Source

CATEGORIES = {"AzureOpenAIRequestUsage", "RequestResponse", "Trace"}


def _fits(record: Document) -> bool:
    return record["category"] in CATEGORIES


SOURCE = Source(
    name="azure-openai",
    title="Azure OpenAI request logs",
    keys=("category", "resourceId"),
    fits=_fits,
    time=("time", "TimeGenerated"),
    page="https://learn.microsoft.com/azure/ai-services/openai/how-to/monitor-openai",
)
