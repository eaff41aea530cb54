"""What it costs until anything is evaluated: `--help`, and loading and compiling all content."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

COMPILE = """
from time import process_time
begun = process_time()
from cloudward.pack import load
from cloudward.rules.compiler import compile_rules
content = load()
rules = {name: content.rules(name) for name in content.types}
count = sum(map(len, rules.values()))
print(f"{len(content.policies)} policies, {count} rules: loaded {process_time() - begun:.2f} s")
for name, some in rules.items():
    if some:
        params = [content.policies[rule.policy].params for rule in some]
        defaults = [{key: each.default for key, each in of.items()} for of in params]
        compile_rules(content.types[name], some, defaults)
print(f"and compiled {process_time() - begun:.2f} s")
"""


def cpu(command: list[str], cache: Path) -> tuple[float, str]:
    """Seconds of a command, and what it printed."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPYCACHEPREFIX": str(cache / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    out = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_utime + usage.ru_stime, out.strip().replace("\n", ", ")


def main() -> None:
    ours = str(Path(sys.executable).with_name("cloudward"))
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        for command in ([ours, "--help"], [sys.executable, "-c", COMPILE]):
            cpu(command, cache)
        for content in (cache / "cloudward").glob("content-*.json"):
            content.unlink()
        print(f"cloudward --help: {cpu([ours, '--help'], cache)[0]:.2f} s CPU   goal 0.30")
        for state, goal in (("no cache", "1.0 compiled"), ("from the cache", "0.15 to load")):
            seconds, said = cpu([sys.executable, "-c", COMPILE], cache)
            print(f"{state}: {said}; the process {seconds:.2f} s CPU   goal {goal}")


if __name__ == "__main__":
    main()
