"""The machine that is measured on: what it is, how busy, and the processor time of processes."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.installation import Installation

_PROC = Path("/proc")
#: Load of each processor above which figures of this machine mean little.
_BUSY = 0.3


@dataclass
class Machine:
    """Where it was measured; ``load`` has the load averages before and after each part."""

    cpus: int
    python: str
    postgresql: str
    fsync: str
    load: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, installation: Installation) -> Machine:
        ((version,),) = installation.execute("SHOW server_version")
        ((fsync,),) = installation.execute("SHOW fsync")
        cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return cls(cpus or 1, platform.python_version(), version, fsync)

    def note_load(self) -> None:
        self.load.append(round(os.getloadavg()[0], 2))

    def __str__(self) -> str:
        return (
            f"{self.cpus} CPUs, Python {self.python}, PostgreSQL {self.postgresql},"
            f" fsync {self.fsync}"
        )

    def told(self) -> str:
        """The load, and a warning if there was one before anything was measured."""
        line = f"Load average: {', '.join(f'{one:.2f}' for one in self.load)}"
        busy = self.load and self.load[0] > _BUSY * self.cpus
        return f"{line}. The machine was busy before it began." if busy else line


def processor_seconds(pid: int) -> float | None:
    """What a process and its descendants have used so far; None where this cannot be told.

    Children that have ended count, if their parent waited for them.
    """
    if not _PROC.joinpath("self", "stat").exists():
        return None
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                # After the name, which may hold spaces and brackets: state, parent, ...
                fields = entry.joinpath("stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(fields[1])
            # User and system time, and those of children that were waited for.
            ticks[int(entry.name)] = sum(int(one) for one in fields[11:15])
    family = {pid}
    while more := {one for one, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(ticks.get(one, 0) for one in family) / os.sysconf("SC_CLK_TCK")
