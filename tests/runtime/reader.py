"""A module that gives the content of the file that its argument, or standard input, names."""

import sys
from pathlib import Path


def main(path: str) -> None:
    content = Path(sys.stdin.read() if path == "--" else path).read_bytes()
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content + bytes(4))


if __name__ == "__main__":
    main(sys.argv[1])
