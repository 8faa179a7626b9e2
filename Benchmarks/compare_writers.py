"""Trains an adapter on each of some writers and tries it on all of them.

    swift build -c release --product lora-train
    python Benchmarks/compare_writers.py --archives furrow.jsonl johnson.jsonl chesterton.jsonl

On its own writer's held-out posts each adapter is judged by lora-train eval --verdict, beside the base and the base with
posts of that writer in its prompt. On the other writers' archives, which it has never seen, it is scored whole.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

from measuring import find_binary, progress, refusal, run_process


def run(command: list, arguments, codes=(0, 3)) -> str:
    finished = run_process(command, arguments.threads, allowed_codes=codes)
    if reason := refusal(finished):
        raise SystemExit(reason)
    return finished.text


def report(text: str) -> dict:
    """The one line of a command's output that is its JSON object; the others are its progress."""
    return json.loads(next(line for line in text.splitlines() if line.startswith("{")))


def train(archive: Path, folder: Path, arguments) -> None:
    command = [arguments.binary, "train", "--data", archive, "--adapter-path", folder]
    command += ["--epochs", arguments.epochs, "--threads", arguments.threads, *arguments.base]
    if arguments.learning_rate:
        command += ["--learning-rate", arguments.learning_rate]
    run(command, arguments)
    progress(f"{archive.stem}: trained")


def judge(archive: Path, folder: Path, arguments) -> dict:
    others = [other for other in arguments.archives if other != archive]
    command = [arguments.binary, "eval", "--verdict", "--json", "--adapter-path", folder, *arguments.base]
    command += ["--threads", arguments.threads, "--others", *others]
    verdict = report(run(command, arguments))
    progress(f"{archive.stem}: {verdict['verdict']}: {verdict['reason']}")
    return verdict


def saved(archive: Path, folder: Path, arguments) -> dict:
    command = [arguments.binary, "eval", "--json", "--data", archive, "--adapter-path", folder]
    return report(run([*command, "--threads", arguments.threads, *arguments.base], arguments))[
        "saved_bits_per_byte"
    ]


def systems_table(verdicts: dict[str, dict]) -> str:
    lines = [
        "| writer | system | bits per byte | voice | adherence | copied | p95 |",
        "|---|---|---|---|---|---|---|",
    ]
    for writer, verdict in verdicts.items():
        for system in verdict["systems"]:
            voice = "–" if system["voice"] is None else f"{system['voice']:.2f}"
            lines.append(
                f"| {writer} | {system['name']} | {system['held_out']['bits_per_byte']:.3f} | {voice}"
                f" | {system['adherence']:.2f} | {system['copied']} of {system['drafts']} | {system['p95_ms']:.0f} ms |"
            )
    return "\n".join(lines)


def verdicts_table(verdicts: dict[str, dict]) -> str:
    lines = ["| writer | posts | verdict | bits per byte saved beside the prompted base | voice gained |"]
    lines.append("|---|---|---|---|---|")
    for writer, verdict in verdicts.items():
        cells = []
        for measure in ("bits_per_byte", "voice"):
            effect = next((e for e in verdict["effects"] if e["measure"] == measure), None)
            cells.append(
                f"{effect['difference']:+.3f} ({effect['interval'][0]:+.3f} to {effect['interval'][1]:+.3f})"
                if effect
                else "–"
            )
        lines.append(f"| {writer} | {verdict['pieces']} | {verdict['verdict']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def crossing_table(writers: list[str], crossing: dict[tuple[str, str], dict]) -> str:
    lines = ["| adapter of | " + " | ".join(f"on {writer}" for writer in writers) + " |"]
    lines.append("|---" * (len(writers) + 1) + "|")
    for own in writers:
        cells = [
            f"{found['difference']:+.3f} ({found['lower']:+.3f} to {found['upper']:+.3f})"
            for found in (crossing[own, other] for other in writers)
        ]
        lines.append(f"| {own} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--archives", type=Path, nargs="+", required=True, help="archives, one a writer; at least two")
    add("--model", type=Path, help="base, a Hugging Face folder; default: the embedded base")
    add("--epochs", type=int, default=2)
    add("--learning-rate", help="default: that of lora-train")
    add("--threads", type=int, default=os.cpu_count())
    add(
        "--binary", type=Path, default=find_binary(), help="lora-train; default: the one built last in .build"
    )
    arguments = parser.parse_args()
    if not arguments.binary:
        parser.error("no lora-train in .build. Run swift build -c release, or give --binary.")
    if len(arguments.archives) < 2:
        parser.error("one archive; expected at least two writers.")
    arguments.base = ["--model", arguments.model] if arguments.model else []
    verdicts: dict[str, dict] = {}
    crossing: dict[tuple[str, str], dict] = {}
    with tempfile.TemporaryDirectory() as name:
        for archive in arguments.archives:
            folder = Path(name) / archive.stem
            train(archive, folder, arguments)
            verdicts[archive.stem] = judge(archive, folder, arguments)
            record = json.loads((folder / "run.json").read_text())
            for other in arguments.archives:
                crossing[archive.stem, other.stem] = (
                    record["held_out"]["saved_bits_per_byte"]
                    if other == archive
                    else saved(other, folder, arguments)
                )
    print(systems_table(verdicts), end="\n\n")
    print(verdicts_table(verdicts), end="\n\n")
    print(crossing_table([archive.stem for archive in arguments.archives], crossing))


if __name__ == "__main__":
    main()
