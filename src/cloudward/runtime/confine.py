"""What a process can do to itself before it looks at hostile input. None of it can be undone.

Each step is left out where the platform does not offer it; the limits of the operating system and a
clean environment are always there.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SIGKILL = 9
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
CAPSET, CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 126, 444, 445, 446
"""System calls of x86-64 and, but for the first, of every architecture."""
READ_EVEN_IF_NOT_MINE = 1 << 2
"""CAP_DAC_READ_SEARCH: root reads exports that belong to somebody else."""

EXECUTE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version of Landlock knows."""
PATH_BENEATH = 1
SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
OWN = ("/proc/self", "/sys/fs/cgroup", "/sys/devices/system/cpu")
"""What a process may know of itself; DuckDB breaks without. Kept open, or the rule could lose its file."""


def confine(cpu: int, memory: int, readable: Iterable[str]) -> None:
    """Seconds of processor time, bytes of address space, and what may be read beside Python itself."""
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    kernel.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if kernel.unshare(CLONE_NEWNET) != 0:
        kernel.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    _limit(cpu, memory)
    _fence(kernel, [*SYSTEM, sys.prefix, sys.base_prefix, *sys.path, *readable])
    _drop_capabilities(kernel)


def _limit(cpu: int, memory: int) -> None:
    for kind, bound in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 1024),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))


def _fence(kernel: ctypes.CDLL, readable: list[str]) -> None:
    """Landlock: nothing is written, nothing is read but this, no connection is made."""
    version = kernel.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return
    files = (1 << FILE_RIGHTS.get(version, 16)) - 1
    rights = [files, 0b11, 0b11][: 1 if version < 4 else 2 if version < 6 else 3]
    rules = struct.pack(f"{len(rights)}Q", *rights)
    ruleset = kernel.syscall(CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return
    for path in readable:
        _allow(kernel, ruleset, path)
    for path in OWN:
        _allow(kernel, ruleset, path, keep=True)
    kernel.syscall(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(kernel: ctypes.CDLL, ruleset: int, path: str, keep: bool = False) -> None:
    try:
        descriptor = os.open(path or ".", os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rights = EXECUTE | READ_FILE | (READ_FOLDER if os.path.isdir(path or ".") else 0)  # noqa: PTH112
    rule = struct.pack("=Qi", rights, descriptor)
    kernel.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0)
    if not keep:
        os.close(descriptor)


def _drop_capabilities(kernel: ctypes.CDLL) -> None:
    """Root, and who is root in a namespace of his own, keeps the right to read and no other."""
    if os.uname().machine != "x86_64":
        return
    held = READ_EVEN_IF_NOT_MINE
    header, sets = struct.pack("Ii", 0x20080522, 0), struct.pack("6I", held, held, 0, 0, 0, 0)
    if kernel.syscall(CAPSET, header, sets) != 0:
        kernel.syscall(CAPSET, header, struct.pack("6I", *[0] * 6))
