"""Trains the same adapter in every arithmetic, and compares the losses on what was held out.

    swift build -c release --product lora-train
    python Benchmarks/compare_compute.py --data data/archive.jsonl

Same base, seed and order of rows. The losses are those of the adapters that the runs keep.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from measuring import Row, Spread, find_binary, goals_table, progress, refusal, run_process

LOSS_GOAL = 0.5  # percent


def held_out_loss(compute: str, arguments, folder: Path) -> float | None:
    """None where this lora-train refuses the arithmetic."""
    report = folder / f"{compute}.json"
    command = [arguments.binary, "train", "--data", arguments.data, "--epochs", arguments.epochs]
    command += ["--compute", compute, "--threads", arguments.threads]
    command += ["--adapter-path", folder / compute, "--report-json", report]
    command += ["--model", arguments.model] if arguments.model else []
    # 3 is a finished run whose verdict is "retire".
    finished = run_process(command, arguments.threads, allowed_codes=(0, 2, 3))
    if reason := refusal(finished):
        progress(f"{compute}: {reason}")
        return None
    record = json.loads(report.read_text())
    base, adapter = (record["held_out"][side]["loss"] for side in ("base", "adapter"))
    progress(
        f"{compute}: held-out loss {base:.5f} → {adapter:.5f}, {record['training_seconds']:.1f} s of training"
    )
    return adapter


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="an archive")
    add("--model", type=Path, help="base, a Hugging Face folder; default: the embedded base")
    add("--epochs", type=int, default=2)
    add("--threads", type=int, default=os.cpu_count())
    add(
        "--binary", type=Path, default=find_binary(), help="lora-train; default: the one built last in .build"
    )
    arguments = parser.parse_args()
    if not arguments.binary:
        parser.error("no lora-train in .build. Run swift build -c release, or give --binary.")
    with tempfile.TemporaryDirectory() as name:
        losses = {
            compute: held_out_loss(compute, arguments, Path(name)) for compute in ("f32", "bf16", "int8")
        }
    exact = losses.pop("f32")
    rows = [
        Row(
            f"held-out loss, {compute} against f32",
            Spread.of([100 * abs(loss / exact - 1)]),
            LOSS_GOAL,
            is_ceiling=True,
            unit=" %",
        )
        for compute, loss in losses.items()
        if loss is not None
    ]
    print(goals_table(rows))


if __name__ == "__main__":
    main()
