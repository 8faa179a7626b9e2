"""Trains the same adapter on the same base and tokens with PEFT and with lora-train, in turn, and compares.

    swift build -c release --product lora-train
    python Benchmarks/make_model.py smollm2-135m .build/models/smollm2-135m
    python Benchmarks/compare_peft.py --model .build/models/smollm2-135m --batch-size 4 --length 256
    python Benchmarks/compare_peft.py --model Tests/Fixtures/models/llama --length 64 --parity

Needs the packages of Tests/Fixtures/requirements.txt. Each run is a process of its own: PEFT, ours, PEFT …
Tokens/s counts every token of the rows, end of text included, in the median of the steps from the second on:
loading and the first, slower step are left out on both sides. Peak memory is the largest resident set that the
system saw, mapped files included. Start-up is the time from the start of our process to the line that reports its
first step, less the step. Ratios are taken within a round, then summarised as median and range over the rounds;
PEFT's best mode and its leanest are those with the best medians.

PyTorch takes and frees memory in every step. On a virtual machine that hands free memory back to its host,
to get it again can cost PEFT two fifths of its speed; with MALLOC_MMAP_MAX_=0
MALLOC_TRIM_THRESHOLD_=34359738368 in the environment glibc keeps it, at somewhat more memory. Speeds are to
be compared with these set, memory without. For some seconds after a process of gigabytes has ended, such a
machine is up to a tenth slower, hence the pause between runs.
"""

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from measuring import (
    Row,
    Spread,
    busy_note,
    find_binary,
    goals_table,
    json_of,
    machine,
    markdown_table,
    others_text,
    progress,
    refusal,
    run_process,
    versions,
)

# Only light imports: a child's peak memory starts at its parent's resident set.
from tokenizers import Tokenizer

PARITY_BOUND = 1e-3
MODES = ("f32", "autocast", "bf16", "bf16-autocast", "bf16-all")
COMPUTES = ("f32", "bf16", "int8")
# What takes less memory, as in bf16+q8 and f32+recompute.
SAVINGS = {"recompute": ["--recompute"], "q8": ["--quantize", "q8"]}


@dataclass(frozen=True)
class Side:
    """One contestant: whose trainer, in which arithmetic, on how many threads."""

    trainer: str  # "peft" or "lora-train"
    mode: str
    threads: int

    @property
    def compute(self) -> str:
        """Of lora-train: the arithmetic, without what takes less memory."""
        return self.mode.partition("+")[0]

    @property
    def name(self) -> str:
        return f"{self.trainer} {self.mode}, {self.threads} thread{'s' if self.threads > 1 else ''}"


@dataclass(frozen=True)
class Run:
    tokens_per_second: float
    peak_bytes: int
    losses: list[float]
    start_up_seconds: float | None  # of lora-train
    others: float | None  # share of the machine that others took


# What each arithmetic is to reach: speed against PEFT in float32 and in its best mode, share of the peak.
GOALS = {
    "f32": {"float32": 1.7, "best": None, "share": 0.85},
    "bf16": {"float32": 3.0, "best": 2.3, "share": 0.80},
    "int8": {"float32": 3.0, "best": 2.3, "share": None},
}
MEMORY_GOAL, START_UP_GOAL, SCALING_GOAL = 0.40, 1.0, 1.9


# MARK: Rows


def pseudo_prose(seed: int):
    """An endless stream of made-up words, a few thousand different ones, with commas and full stops."""
    generator = random.Random(seed)
    syllables = [c + v + e for c in "bdfghklmnprstvw" for v in "aeiou" for e in ("", "n", "r", "s")]
    while True:
        words = ["".join(generator.choices(syllables, k=generator.choice((1, 2, 2, 3)))) for _ in range(12)]
        words[generator.randrange(3, 9)] += ","
        yield " ".join(words).capitalize() + ". "


def text_of_length(tokenizer: Tokenizer, tokens: int, seed: int) -> str:
    """A text of exactly `tokens` ids, the tokenizer's own special tokens counted."""
    source = pseudo_prose(seed)
    for _ in range(100):
        text = ""
        while len(tokenizer.encode(text).ids) <= tokens:
            text += next(source)
        # A prefix that ends at a token's edge nearly always keeps its tokens; one that ends in a space is not
        # used, since trainers may trim it.
        edges = {end for _, end in tokenizer.encode(text).offsets}
        for prefix in (text[:end] for end in sorted(edges, reverse=True)):
            if not prefix.endswith(" ") and len(tokenizer.encode(prefix).ids) == tokens:
                return prefix
    sys.exit(f"No generated text has {tokens} tokens. Use another --length.")


def prepare_rows(arguments, folder: Path) -> list[list[int]]:
    """Writes rows.jsonl for lora-train and rows.json, the same as ids, for PEFT."""
    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    end = json.loads((arguments.model / "config.json").read_text())["eos_token_id"]
    if isinstance(end, list):
        settings = json.loads((arguments.model / "tokenizer_config.json").read_text())
        end = tokenizer.token_to_id(settings["eos_token"])
    if arguments.data:
        texts = [json.loads(line)["text"] for line in arguments.data.read_text("utf-8").splitlines() if line]
    else:
        count = arguments.batch_size * arguments.steps
        texts = [text_of_length(tokenizer, arguments.length - 1, seed) for seed in range(count)]
    ids = [tokenizer.encode(text).ids + [end] for text in texts]
    lines = (json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    (folder / "rows.jsonl").write_text("".join(lines), "utf-8")
    (folder / "rows.json").write_text(json.dumps(ids))
    return ids


# MARK: Runs


def command_of(side: Side, arguments, folder: Path, report: Path, output: Path) -> list[str]:
    adapter = str(folder / "initial")
    if side.trainer == "peft":
        trainer = [sys.executable, str(Path(__file__).with_name("peft_trainer.py")), "train"]
        flags = {
            "--model": arguments.model,
            "--adapter": adapter,
            "--rows": folder / "rows.json",
            "--mode": side.mode,
            "--steps": arguments.steps,
            "--report": report,
            "--output": output,
        }
    else:
        savings = [flag for saving in side.mode.split("+")[1:] for flag in SAVINGS[saving]]
        trainer = [str(arguments.binary), "train", "--no-shuffle", *savings]
        flags = {
            "--model": arguments.model,
            "--data": folder / "rows.jsonl",
            "--init-adapter": adapter,
            "--adapter-path": output,
            "--max-steps": arguments.steps,
            "--lr-schedule": "constant",
            "--warmup-ratio": 0,
            "--weight-decay": 0,
            "--max-grad-norm": 0,
            "--valid-fraction": 0,
            "--compute": side.compute,
            "--report-json": report,
        }
    flags |= {
        "--batch-size": arguments.batch_size,
        "--learning-rate": arguments.learning_rate,
        "--threads": side.threads,
    }
    return trainer + [str(part) for flag in flags.items() for part in flag]


def run_side(side: Side, arguments, folder: Path, batch_tokens: list[int], output: Path) -> Run | None:
    """One run after a pause; None where this lora-train refuses the arithmetic."""
    time.sleep(arguments.pause)
    report = folder / "report.json"
    command = command_of(side, arguments, folder, report, output)
    finished = run_process(command, side.threads, allowed_codes=(0,) if side.compute == "f32" else (0, 2))
    if reason := refusal(finished):
        progress(f"{side.name}: {reason} Going on without.")
        return None
    steps = json.loads(report.read_text())["steps"]
    report.unlink()
    if len(steps) != arguments.steps:
        sys.exit(f"{side.name}: the report holds {len(steps)} steps; expected {arguments.steps}.")
    first = next((at for at, line in finished.lines if re.match(r"step +1 of ", line)), None)
    if side.trainer == "lora-train" and first is None:
        sys.exit(f"{side.name}: no line of the log begins with step 1 of; expected one.")
    rates = (
        batch_tokens[index % len(batch_tokens)] / steps[index]["seconds"] for index in range(1, len(steps))
    )
    return Run(
        Spread.of(rates).median,
        finished.peak_bytes,
        [step["loss"] for step in steps],
        first - steps[0]["seconds"] if side.trainer == "lora-train" else None,
        finished.others,
    )


def run_rounds(sides: list[Side], arguments, folder: Path, batch_tokens: list[int]) -> dict[Side, list[Run]]:
    """Every side once a round. A side that is refused is left out."""
    runs: dict[Side, list[Run]] = {side: [] for side in sides}
    for repeat in range(arguments.repeats):
        for side in list(runs):
            output = folder / f"{side.trainer}-{side.mode}-{side.threads}-{repeat}"
            run = run_side(side, arguments, folder, batch_tokens, output)
            if run is None:
                del runs[side]
                continue
            runs[side].append(run)
            progress(
                f"{repeat + 1}/{arguments.repeats} {side.name}: {run.tokens_per_second:.1f} tokens/s, "
                f"{run.peak_bytes / 2**30:.2f} GiB, loss {run.losses[0]:.4f} → {run.losses[-1]:.4f}"
                + others_text(run.others)
            )
    return runs


def bench(compute: str, threads: int, arguments) -> dict:
    """Training beside the machine's matrix products, as lora-train bench measures both in one run."""
    flags = {
        "--model": arguments.model,
        "--batch-size": arguments.batch_size,
        "--max-seq-length": arguments.length,
        "--rank": arguments.rank,
        "--compute": compute,
        "--threads": threads,
    }
    command = [arguments.binary, "bench", "--json", *(part for flag in flags.items() for part in flag)]
    return json_of(run_process(command, threads))


# MARK: Parity


def check_parity(ours: Path, theirs: Path, initial: Path) -> dict:
    """The largest relative distance ‖ours − PEFT‖ / ‖PEFT‖ of any tensor, and the same of the movement."""
    import numpy
    from safetensors.numpy import load_file

    a, b, start = (load_file(folder / "adapter_model.safetensors") for folder in (ours, theirs, initial))
    if a.keys() != b.keys():
        sys.exit(f"Tensors that only one side has: {', '.join(sorted(a.keys() ^ b.keys()))}")

    def worst(reference) -> tuple[float, str]:
        norm = numpy.linalg.norm
        return max((float(norm(a[key] - b[key]) / norm(reference(key))), key) for key in b)

    distance, tensor = worst(lambda key: b[key])
    movement, _ = worst(lambda key: b[key] - start[key])
    return {"distance": distance, "tensor": tensor, "distanceToMovement": movement, "bound": PARITY_BOUND}


# MARK: Output


def ratio(runs: dict[Side, list[Run]], ours: Side, theirs: Side, figure: str) -> Spread:
    rounds = zip(runs[ours], runs[theirs], strict=True)
    return Spread.of(getattr(a, figure) / getattr(b, figure) for a, b in rounds)


def rows_of(runs: dict[Side, list[Run]], benches: dict[Side, dict], arguments) -> list[Row]:
    """What is asked of the trainer, as far as the sides that ran can tell."""

    def median(side: Side, figure: str) -> float:
        return Spread.of(getattr(run, figure) for run in runs[side]).median

    peft = [side for side in runs if side.trainer == "peft"]
    ours = [side for side in runs if side.trainer == "lora-train" and side.threads == arguments.threads]
    best = max(peft, key=lambda side: median(side, "tokens_per_second"))
    leanest = min(peft, key=lambda side: median(side, "peak_bytes"))
    plain = next((side for side in peft if side.mode == "f32"), None)
    rows = []
    for side in ours:
        goals, single = GOALS[side.compute], Side(side.trainer, side.mode, 1)
        if plain:
            speed = ratio(runs, side, plain, "tokens_per_second")
            rows.append(Row(f"{side.mode}: tokens/s ÷ PEFT f32", speed, goals["float32"]))
        speed = ratio(runs, side, best, "tokens_per_second")
        rows.append(Row(f"{side.mode}: tokens/s ÷ PEFT's best mode ({best.mode})", speed, goals["best"]))
        if side in benches:
            share = Spread.of([benches[side]["share_of_peak"]])
            rows.append(Row(f"{side.mode}: share of the peak in the same run", share, goals["share"]))
        memory = ratio(runs, side, leanest, "peak_bytes")
        what = f"{side.mode}: peak memory ÷ PEFT's leanest mode ({leanest.mode})"
        rows.append(Row(what, memory, MEMORY_GOAL, is_ceiling=True))
        start_up = Spread.of(run.start_up_seconds for run in runs[side])
        rows.append(Row(f"{side.mode}: start-up", start_up, START_UP_GOAL, is_ceiling=True, unit=" s"))
        if single != side and single in runs:
            scaling = ratio(runs, side, single, "tokens_per_second")
            goal = SCALING_GOAL if side.threads == 2 else None
            rows.append(Row(f"{side.mode}: {side.threads} threads ÷ 1 thread", scaling, goal))
        if single != side and side in benches and single in benches:
            several, one = (benches[each]["gemm_peak_flops"]["median"] for each in (side, single))
            what = f"{side.mode}: {side.threads} threads ÷ 1 thread, the peak alone"
            rows.append(Row(what, Spread.of([several / one]), None))
    return rows


def sides_table(runs: dict[Side, list[Run]]) -> str:
    cells = [
        [
            side.name,
            Spread.of(run.tokens_per_second for run in done).text(1),
            Spread.of(run.peak_bytes for run in done).text(2, scale=2**30),
        ]
        for side, done in runs.items()
    ]
    return markdown_table(["side", "tokens/s", "peak GiB"], cells)


def describe(arguments) -> dict:
    return {
        "machine": machine(),
        "versions": versions("torch", "transformers", "peft", "tokenizers"),
        "settings": {key: str(value) for key, value in vars(arguments).items() if value is not None},
    }


def report_parity(parity: dict, steps: int) -> None:
    equal = parity["distance"] <= PARITY_BOUND
    progress(
        f"{'equal' if equal else 'DIFFERENT'}: after {steps} steps the adapters differ by at most "
        f"{parity['distance']:.2e} of their norm ({parity['tensor']}); allowed {PARITY_BOUND:.0e}. "
        f"Largest difference to how far a tensor moved: {parity['distanceToMovement']:.2e}."
    )
    sys.exit(0 if equal else 1)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, help="base, a Hugging Face folder")
    add("--data", type=Path, help='rows {"text": …}; default: generated rows of --length tokens')
    add("--length", type=int, default=256, help="tokens of a generated row, end of text included")
    add("--batch-size", type=int, default=4, help="rows a step")
    add("--steps", type=int, default=5, help="steps a run, the first of them not timed")
    add("--repeats", type=int, default=3, help="rounds")
    add("--pause", type=float, default=10, help="seconds before each run, in which the system clears up")
    add("--rank", type=int, default=8, help="of the adapter, on all seven projections")
    add("--learning-rate", type=float, default=3e-4)
    add("--threads", type=int, default=os.cpu_count())
    add(
        "--modes",
        default=",".join(MODES),
        help="of PEFT, comma-separated: f32, autocast (to bf16), bf16 (weights; the adapter float32), "
        "bf16-autocast (both), bf16-all (the adapter too)",
    )
    add(
        "--compute",
        default=",".join(COMPUTES),
        help="of lora-train, comma-separated, each with +recompute or +q8 (weights rounded to eight bits) or "
        "both behind it to take less memory; empty: PEFT alone",
    )
    add(
        "--binary", type=Path, default=find_binary(), help="lora-train; default: the one built last in .build"
    )
    add("--scaling", action=argparse.BooleanOptionalAction, default=True, help="also run ours on one thread")
    add("--share", action=argparse.BooleanOptionalAction, default=True, help="also run lora-train bench")
    add("--parity", action="store_true", help="compare the adapters of one f32 run each, and stop")
    add("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    if arguments.steps < 2 or arguments.repeats < 1 or arguments.length < 2:
        parser.error("--steps and --length must be at least 2, --repeats at least 1")
    if arguments.parity:
        arguments.modes, arguments.compute, arguments.repeats = "f32", "f32", 1
        arguments.scaling = arguments.share = False
    plain = [mode.partition("+")[0] for mode in arguments.compute.split(",")]
    savings = [saving for mode in arguments.compute.split(",") for saving in mode.split("+")[1:]]
    for flag, values, known in (
        ("modes", arguments.modes.split(","), MODES),
        ("compute", plain, COMPUTES),
        ("compute", savings, SAVINGS),
    ):
        if unknown := set(filter(None, values)) - set(known):
            parser.error(f"--{flag}: unknown {', '.join(sorted(unknown))}; expected {', '.join(known)}")
    if not arguments.modes:
        parser.error("--modes is empty; expected at least one mode of PEFT")
    if arguments.compute and not arguments.binary:
        parser.error("no lora-train in .build. Run swift build -c release, or give --binary.")
    return arguments


def chosen_sides(arguments) -> list[Side]:
    computes = list(filter(None, arguments.compute.split(",")))
    sides = [Side("peft", mode, arguments.threads) for mode in arguments.modes.split(",")]
    counts = {arguments.threads, 1} if arguments.scaling else {arguments.threads}
    # Runs that are compared stand next to each other, because machines change their speed by the minute.
    return sides + [
        Side("lora-train", mode, threads) for mode in computes for threads in sorted(counts, reverse=True)
    ]


def main() -> None:
    arguments = parse_arguments()
    sides = chosen_sides(arguments)
    result = describe(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = prepare_rows(arguments, folder)
        size = arguments.batch_size
        batch_tokens = [sum(map(len, rows[at : at + size])) for at in range(0, len(rows), size)]
        maker = [sys.executable, Path(__file__).with_name("peft_trainer.py"), "make-adapter"]
        settings = ["--model", arguments.model, "--rank", arguments.rank, "--output", folder / "initial"]
        run_process(maker + settings, arguments.threads)
        runs = run_rounds(sides, arguments, folder, batch_tokens)
        if arguments.parity:
            ours, theirs = (folder / f"{s.trainer}-{s.mode}-{s.threads}-0" for s in reversed(sides))
            result["parity"] = check_parity(ours, theirs, folder / "initial")
    measured = [side for side in runs if side.trainer == "lora-train" and side.mode in COMPUTES]
    benches = {side: bench(side.mode, side.threads, arguments) for side in measured if arguments.share}
    lines = rows_of(runs, benches, arguments)

    if arguments.json:
        result["sides"] = {side.name: [asdict(run) for run in done] for side, done in runs.items()}
        result["rows"] = [asdict(line) for line in lines]
        print(json.dumps(result, indent=2, ensure_ascii=False))
    elif not arguments.parity:
        batch = f"{arguments.batch_size} × {arguments.length} tokens, rank {arguments.rank}"
        print(f"{arguments.model.name}, {batch}, {result['machine']['processor']}\n")
        print(sides_table(runs), "\n")
        print(goals_table(lines))
    if note := busy_note(run.others for done in runs.values() for run in done):
        progress(note)
    if arguments.parity:
        report_parity(result["parity"], arguments.steps)


if __name__ == "__main__":
    main()
