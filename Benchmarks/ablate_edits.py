"""Whether each ingredient of learning from edits earns its place.

    swift build -c release
    python3 Benchmarks/ablate_edits.py

Two writers. *Shop Notes* is data/archive.jsonl with its 34 edit rows, 40 % of the documents held out. *Past
Tense* has a planted habit: it takes paragraphs of the same posts, and puts every "is", "are" and "has" of a
draft into the past, so that every draft an adapter writes can be edited as that writer would and the edits
counted. Each objective is trained with some random seeds on the embedded base; figures are medians over them
with their range.
"""

import argparse
import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from measuring import REPOSITORY, Spread

HABIT = {"is": "was", "are": "were", "has": "had"}


@dataclass(frozen=True)
class Variant:
    """An objective with its flags."""

    name: str
    flags: tuple[str, ...]


def variant(name: str, objective: str, **weights: str) -> Variant:
    flags = [part for flag, value in weights.items() for part in (f"--{flag.replace('_', '-')}", value)]
    return Variant(name, ("--objective", objective, *flags))


VARIANTS = [
    variant("sft", "sft"),
    variant("weighted-sft", "weighted-sft"),
    variant("weighted-sft + unlikelihood 0.05", "dense", preference_weight="0", unlikelihood_weight="0.05"),
    variant("weighted-sft + unlikelihood 0.5", "dense", preference_weight="0", unlikelihood_weight="0.5"),
    variant("dense, 0.25", "dense", preference_weight="0.25"),
    variant("dense, 1", "dense", preference_weight="1"),
    variant("dense, 1, + unlikelihood 0.5", "dense", preference_weight="1", unlikelihood_weight="0.5"),
    variant("dpo", "dpo"),
    variant("orpo", "orpo"),
]


@dataclass
class Figures:
    """What one variant came to, a value a seed."""

    bits: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    cut: list[float] = field(default_factory=list)
    preferred: list[float] = field(default_factory=list)
    missed: list[float] = field(default_factory=list)


def paragraphs() -> list[str]:
    texts = []
    for line in (REPOSITORY / "data" / "archive.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        for paragraph in row.get("text", "").split("\n\n"):
            words = paragraph.split()
            if 25 <= len(words) <= 120 and not HABIT.keys().isdisjoint(words):
                texts.append(paragraph)
    return texts


def past(text: str) -> str:
    return " ".join(HABIT.get(word, word) for word in text.split(" "))


def write_past(path: Path, pairs: int) -> list[dict]:
    rows = []
    for text in paragraphs()[:pairs]:
        words = text.split()
        seed = {
            "topic": " ".join(words[:4]).strip(".,;:"),
            "length": (len(words) + 5) // 10 * 10,
            "kind": "note",
        }
        rows.append({"seed": seed, "draft": text, "final": past(text)})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return rows


def missed(drafts: list[str]) -> float:
    """The share of the places where the habit can show at which a draft misses it: what the writer edits."""
    words = [word for draft in drafts for word in draft.split()]
    wrong = sum(word in HABIT for word in words)
    right = sum(word in HABIT.values() for word in words)
    return wrong / max(wrong + right, 1)


def train(
    tools: Path, archive: Path, adapter: Path, variant: Variant, seed: int, fraction: float, extra=()
) -> dict:
    command = [
        tools / "lora-train", "--data", archive, "--adapter-path", adapter, "--seed", str(seed), "--threads", "1",
        "--valid-fraction", str(fraction), *variant.flags, *extra, "--json",
    ]  # fmt: skip
    finished = subprocess.run(command, capture_output=True, text=True)
    # 3: finished, and the verdict is retire.
    if finished.returncode not in (0, 3):
        raise SystemExit(finished.stderr)
    return json.loads(finished.stdout)


def draft(tools: Path, adapter: Path | None, rows: list[dict]) -> list[str]:
    drafts = []
    for row in rows:
        seed = row["seed"]
        command = [tools / "ghost", "draft", "--topic", seed["topic"], "--length", str(seed["length"]), "--kind", seed["kind"], "--seed", "1"]  # fmt: skip
        command += ["--adapter-path", adapter] if adapter else ["--model", REPOSITORY / "data" / "base"]
        drafts.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return drafts


def add(figures: Figures, record: dict) -> None:
    held_out = record["edits"]["held_out"]
    figures.bits.append(record["held_out"]["adapter"]["bits_per_byte"])
    figures.new.append(held_out["adapter"]["new_loss"])
    figures.cut.append(held_out["adapter"]["cut_loss"])
    figures.preferred.append(held_out["adapter"]["preferred"])


def table(title: str, base: dict, results: dict[str, Figures], pairs: int, drafts: bool) -> str:
    lines = [f"**{title}**", ""]
    header = [
        "objective",
        "bits per byte",
        "loss of words put in",
        "loss of words cut",
        f"final preferred, of {pairs}",
    ]
    header += ["habit missed in drafts"] if drafts else []
    lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    cells = [
        "base alone",
        f"{base['bits']:.3f}",
        f"{base['new_loss']:.2f}",
        f"{base['cut_loss']:.2f}",
        str(base["preferred"]),
    ]
    cells += [f"{base['missed']:.2f}"] if drafts else []
    lines.append("| " + " | ".join(cells) + " |")
    for name, figures in results.items():
        cells = [
            name,
            Spread.of(figures.bits).text(3),
            Spread.of(figures.new).text(2),
            Spread.of(figures.cut).text(2),
            Spread.of(figures.preferred).text(0),
        ]
        cells += [Spread.of(figures.missed).text(2)] if drafts else []
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def ablate(
    tools: Path, folder: Path, title: str, archive: Path, seeds: int, fraction: float, probes: list[dict]
) -> None:
    # A pair takes two places of a batch, and so more steps an epoch. All get as many as two epochs of pairs take.
    first = train(tools, archive, folder / f"{archive.stem}-first", variant("", "dense"), 0, fraction)
    steps = str(len(first["steps"]))
    held_out = first["edits"]["held_out"]
    base = held_out["base"] | {"bits": first["held_out"]["base"]["bits_per_byte"]}
    if probes:
        base["missed"] = missed(draft(tools, None, probes))
    results: dict[str, Figures] = {}
    for variant_ in VARIANTS:
        figures = results.setdefault(variant_.name, Figures())
        for seed in range(seeds):
            adapter = folder / f"{archive.stem}-{variant_.name.replace(' ', '-')}-{seed}"
            add(figures, train(tools, archive, adapter, variant_, seed, fraction, ("--max-steps", steps)))
            if probes:
                figures.missed.append(missed(draft(tools, adapter, probes)))
        print(f"{title}: {variant_.name} done", flush=True)
    title = f"{title}: {first['edits']['rows']} edits to train on, {steps} steps"
    print("\n" + table(title, base, results, held_out["pairs"], bool(probes)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each objective")
    parser.add_argument(
        "--pairs",
        type=int,
        nargs="*",
        default=[70, 150],
        help="sizes of Past Tense, held-out edits among them; none skips it",
    )
    parser.add_argument("--probes", type=int, default=30, help="drafts of each adapter")
    parser.add_argument(
        "--tools",
        type=Path,
        default=REPOSITORY / ".build" / "release",
        help="the folder of the built programs",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for pairs in arguments.pairs:
            archive = folder / f"past-{pairs}.jsonl"
            write_past(archive, pairs)
            # Seeds that no row has: the paragraphs after those of the archive.
            rest = write_past(folder / "rest.jsonl", 10_000)[max(arguments.pairs) :]
            ablate(
                arguments.tools,
                folder,
                "Past Tense",
                archive,
                arguments.seeds,
                0.15,
                rest[: arguments.probes],
            )
        archive = folder / "shop-notes.jsonl"
        archive.write_bytes((REPOSITORY / "data" / "archive.jsonl").read_bytes())
        ablate(arguments.tools, folder, "Shop Notes", archive, arguments.seeds, 0.4, [])


if __name__ == "__main__":
    main()
