"""Prints how long ghost ship and ghost status take beside a large archive, as Markdown.

    swift build
    python Benchmarks/ghost_ship.py --rows 1000 3000

The archive is the embedded one's posts again and again under new names; every draft is one of the embedded base,
and what ships in its place one of the writer's finals. Each figure is that of a process from its start to its end.
"""

import argparse
import json
import re
import tempfile
import time
from pathlib import Path

from measuring import REPOSITORY, Row, Spread, busy_note, find_binary, goals_table, run_process

# Seconds that a writer does not notice.
GOAL = 0.2


def seconds(command: list, others: list) -> float:
    """How long a command takes; the last line's time would leave out its end."""
    started = time.perf_counter()
    others.append(run_process(command, threads=2).others)
    return time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1000])
    parser.add_argument("--drafts", type=int, default=20)
    arguments = parser.parse_args()
    binary = find_binary()
    if binary is None:
        parser.error("found no lora-train; build it with swift build")
    ghost = binary.with_name("ghost")
    lines = (REPOSITORY / "data/archive.jsonl").read_text(encoding="utf-8").splitlines()
    embedded = [json.loads(line) for line in lines]
    posts = [row for row in embedded if "text" in row]
    finals = [row["final"] for row in embedded if "final" in row]
    table, others = [], []
    for count in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            desk = Path(folder)
            rows = [posts[index % len(posts)] | {"id": f"row-{index}"} for index in range(count)]
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (desk / "archive.jsonl").write_text(text, encoding="utf-8")
            drafted = run_process(
                [ghost, "draft", "--workspace", desk, "--topic", "a lamp that flickered", "--length", 250]
                + ["--n", arguments.drafts, "--model", REPOSITORY / "data/base"],
                threads=2,
            )
            shipped, status = [], []
            for index, draft in enumerate(re.findall(r"next: .*ghost edit (\S+)", drafted.text)):
                final = desk / "final.md"
                final.write_text(finals[index % len(finals)], encoding="utf-8")
                command = [ghost, "ship", draft, "--workspace", desk, "--final", final]
                shipped.append(seconds(command, others))
                status.append(seconds([ghost, "status", "--workspace", desk], others))
            table.append(Row(f"ghost ship, {count:,} posts", Spread.of(shipped), GOAL, True, " s"))
            table.append(Row(f"ghost status, {count:,} posts", Spread.of(status), None, False, " s"))
    print(goals_table(table))
    if note := busy_note(others):
        print(f"\n{note}")


if __name__ == "__main__":
    main()
