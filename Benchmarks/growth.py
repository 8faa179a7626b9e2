"""Prints how lora-train's speed and memory grow with length, rank, model size and threads, as Markdown.

    swift build -c release --product lora-train
    python Benchmarks/make_model.py smollm2-135m .build/models/smollm2-135m
    python Benchmarks/make_model.py llama-3.2-1b .build/models/llama-3.2-1b
    python Benchmarks/growth.py --models .build/models/smollm2-135m .build/models/llama-3.2-1b

Every line is one process of lora-train bench: training tokens/s is the median of its steps, peak memory the
largest resident set until training ended, and the share is of the matrix products that the same process
measured. All tables but that over sizes use the first model.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring import (
    busy_note,
    find_binary,
    json_of,
    machine,
    markdown_table,
    progress,
    refusal,
    run_process,
)


@dataclass(frozen=True)
class Point:
    """What lora-train bench is asked to measure."""

    model: Path
    batch_size: int
    length: int
    rank: int
    threads: int


@dataclass(frozen=True)
class Table:
    """One quantity that grows while the others stand still, and the line that says what bounds the cost."""

    title: str
    points: list[Point]
    label: Callable[[Point], str]
    bound: str


def tables(arguments) -> list[Table]:
    model, threads, tokens = arguments.models[0], arguments.threads, arguments.tokens
    lengths = [length for length in (128, 256, 512, 1024, 2048, 4096) if length <= tokens]
    return [
        Table(
            f"Sequence length, {tokens} tokens a step, rank 8",
            [Point(model, tokens // length, length, 8, threads) for length in lengths],
            lambda point: f"{point.batch_size} × {point.length}",
            "Bound by the frozen weights' products, the same at any length; attention adds work in "
            "proportion to the length, and no memory: its probabilities are computed again on the way back.",
        ),
        Table(
            "Rank, 4 × 256 tokens",
            [Point(model, 4, 256, rank, threads) for rank in (4, 8, 16, 32, 64)],
            lambda point: f"rank {point.rank}",
            "Bound by the frozen weights' products; the adapter's own are few but narrow, and below the peak "
            "until the rank fills a register block.",
        ),
        Table(
            "Model size, 1 × 512 tokens, rank 8",
            [Point(each, 1, 512, 8, threads) for each in arguments.models],
            lambda point: point.model.name,
            "Bound by arithmetic: the time of a token grows with the weights, memory with the weights and "
            "with what each layer keeps for the way back.",
        ),
        Table(
            "Threads, 4 × 256 tokens, rank 8",
            [Point(model, 4, 256, 8, count) for count in range(1, threads + 1)],
            lambda point: f"{point.threads} thread{'s' if point.threads > 1 else ''}",
            "Bound by the cores' arithmetic; they share the memory's bandwidth, on which norms, activations "
            "and the optimizer live.",
        ),
    ]


@dataclass(frozen=True)
class Measured:
    report: dict
    others: float | None  # share of the machine that others took


def measure(point: Point, arguments) -> Measured | None:
    """None where lora-train refuses, as it does a plan that does not fit into memory."""
    flags = {
        "--model": point.model,
        "--batch-size": point.batch_size,
        "--max-seq-length": point.length,
        "--rank": point.rank,
        "--threads": point.threads,
        "--compute": arguments.compute,
        "--max-steps": arguments.steps,
    }
    command = [arguments.binary, "bench", "--json", *(part for flag in flags.items() for part in flag)]
    finished = run_process(command, point.threads, allowed_codes=(0, 2))
    if reason := refusal(finished):
        progress(reason)
        return None
    return Measured(json_of(finished), finished.others)


def cells(label: str, measured: Measured | None) -> list[str]:
    if measured is None:
        return [label, "refused", "", "", ""]
    report = measured.report
    rate = report["training_tokens_per_second"]
    return [
        label,
        f"{rate['median']:.0f} ({rate['minimum']:.0f}–{rate['maximum']:.0f})",
        f"{report['peak_bytes'] / 2**30:.2f}",
        f"{report['flop_per_token']['total'] / 1e6:.1f}",
        f"{report['share_of_peak']:.0%}",
    ]


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--models", type=Path, nargs="+", required=True, help="bases, the smallest first")
    add("--tokens", type=int, default=4096, help="a step's in the table over lengths, from 1024")
    add("--compute", default="auto", help="of lora-train: auto, f32, bf16, int8")
    add("--steps", type=int, default=3, help="timed steps a line")
    add("--threads", type=int, default=os.cpu_count())
    add(
        "--binary", type=Path, default=find_binary(), help="lora-train; default: the one built last in .build"
    )
    arguments = parser.parse_args()
    if arguments.tokens < 1024 or arguments.steps < 1 or arguments.threads < 1:
        parser.error("--tokens must be at least 1024, --steps and --threads at least 1")
    if not arguments.binary:
        parser.error("no lora-train in .build. Run swift build -c release, or give --binary.")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    print(f"{machine()['processor']}, {arguments.models[0].name} unless named, --compute {arguments.compute}")
    others = []
    for table in tables(arguments):
        rows = []
        for point in table.points:
            measured = measure(point, arguments)
            rows.append(cells(table.label(point), measured))
            others.append(measured.others if measured else None)
            progress(f"{table.title}: {', '.join(rows[-1])}")
        header = ["", "tokens/s", "peak GiB", "MFLOP a token", "of the peak"]
        print(f"\n### {table.title}\n\n{markdown_table(header, rows)}\n\n{table.bound}", flush=True)
    if note := busy_note(others):
        progress(note)


if __name__ == "__main__":
    main()
