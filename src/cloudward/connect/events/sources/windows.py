from cloudward.connect.events import Document, Source, windows


def _fits(record: Document) -> bool:
    known = "EventID" in record or "winlog" in record or isinstance(record.get("Event"), dict)
    return known and windows.channel(record) != ""


SOURCE = Source(
    name="windows",
    title="Windows events (EVTX, JSON): security, Sysmon, PowerShell and all other channels",
    fits=_fits,
    turn=windows.flat,
    time=windows.TIME,
    page="https://learn.microsoft.com/windows/win32/wes/windows-event-log",
)
