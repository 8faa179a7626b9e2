"""What the comparisons share: a process measured from outside, medians with their range, and the tables."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
# The share of the machine that others may take before a run counts as disturbed.
DISTURBED = 0.02


@dataclass(frozen=True)
class Finished:
    """A process that ended: with which code, its largest resident set, and every line with its time."""

    code: int
    peak_bytes: int
    # Share of the cores that other processes and a virtual machine's host took meanwhile; None where unknown.
    others: float | None
    lines: list[tuple[float, str]]  # seconds since the process was started, text

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.lines)


@dataclass(frozen=True)
class Spread:
    """The median and range of a figure's samples."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(samples) -> "Spread":
        samples = list(samples)
        return Spread(statistics.median(samples), min(samples), max(samples))

    def text(self, digits: int = 2, scale: float = 1) -> str:
        low, median, high = (f"{value / scale:.{digits}f}" for value in (self.low, self.median, self.high))
        return median if low == high else f"{median} ({low}–{high})"


@dataclass(frozen=True)
class Row:
    """A line of the result: a ratio or a figure of ours, and what it is to reach."""

    what: str
    value: Spread
    goal: float | None = None
    is_ceiling: bool = False
    unit: str = ""

    @property
    def cells(self) -> list[str]:
        if self.goal is None:
            return [self.what, self.value.text() + self.unit, "", ""]
        reached = self.value.median <= self.goal if self.is_ceiling else self.value.median >= self.goal
        goal = f"{'≤' if self.is_ceiling else '≥'} {self.goal:g}{self.unit}"
        return [self.what, self.value.text() + self.unit, goal, "reached" if reached else "missed"]


# MARK: Processes


def run_process(command: list, threads: int, allowed_codes: tuple[int, ...] = (0,)) -> Finished:
    """Runs a command to its end. Any other exit code ends the comparison with what the command wrote."""
    # A core that is forced on OpenBLAS would slow one side only.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
    environment |= {"OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    command = [str(part) for part in command]
    busy, started = busy_seconds(), time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = [
        (time.perf_counter() - started, line.decode(errors="replace").rstrip("\n")) for line in process.stdout
    ]
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss * (1 if platform.system() == "Darwin" else 1024)
    others = None
    if busy is not None:
        foreign = busy_seconds() - busy - usage.ru_utime - usage.ru_stime
        others = max(0.0, foreign / (time.perf_counter() - started) / os.cpu_count())
    finished = Finished(process.returncode, peak, others, lines)
    if finished.code not in allowed_codes:
        sys.exit(f"{finished.text[-3000:]}\nexit code {finished.code}: {' '.join(command)}")
    return finished


def busy_seconds() -> float | None:
    """The processor time that was not idle since the machine started, what a virtual machine's host kept for
    others included; None where Linux does not tell."""
    try:
        fields = Path("/proc/stat").read_text().split()[1:9]
        user, nice, system, _idle, _wait, *interrupts_and_stolen = map(int, fields)
    except OSError:
        return None
    return (user + nice + system + sum(interrupts_and_stolen)) / os.sysconf("SC_CLK_TCK")


def json_of(finished: Finished) -> dict:
    """The JSON object that a process printed, its notes apart."""
    text = finished.text
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def refusal(finished: Finished) -> str | None:
    """Why lora-train could not start: its last line. None where it did."""
    return finished.lines[-1][1] if finished.code == 2 and finished.lines else None


def find_binary() -> Path | None:
    """The lora-train that was built last."""
    built = [REPOSITORY / ".build" / kind / "lora-train" for kind in ("release", "debug")]
    return max(filter(Path.exists, built), key=lambda path: path.stat().st_mtime, default=None)


# MARK: Output


def machine() -> dict:
    return {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "loadBefore": os.getloadavg()[0],
    }


def processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def versions(*packages: str) -> dict:
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            pass
    return found


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose columns line up as plain text too."""
    table = [header, ["---"] * len(header), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in table
    )


def goals_table(rows: list[Row]) -> str:
    return markdown_table(["what", "measured", "goal", ""], [row.cells for row in rows])


def others_text(others: float | None) -> str:
    """The end of a progress line: empty where the run had the machine to itself."""
    return f" (others took {others:.0%} of the machine)" if others and others > DISTURBED else ""


def busy_note(others) -> str | None:
    """A remark where a run was disturbed: threads that wait for each other lose far more than others take."""
    known = [share for share in others if share is not None]
    if not known or max(known) <= DISTURBED:
        return None
    return f"note: others took up to {max(known):.0%} of the machine during a run; repeat it alone"


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
