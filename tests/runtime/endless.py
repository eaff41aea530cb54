"""A module that writes frames and never ends."""

import sys


def main(kind: str) -> None:
    out = sys.stdout.buffer
    while True:
        if kind == "frames":
            out.write((3).to_bytes(4, "big") + b"abc")
        elif kind == "huge":
            out.write((0x7FFFFFFF).to_bytes(4, "big"))
        elif kind == "half":
            out.write((100).to_bytes(4, "big") + b"abc")
            out.flush()
            return
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
