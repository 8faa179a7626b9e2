"""Trains the same adapter on the same base and tokens with PEFT and with lora-train, in turn, and compares.

    swift build -c release --product lora-train
    python Benchmarks/make_model.py smollm2-135m .build/models/smollm2-135m
    python Benchmarks/compare_peft.py --model .build/models/smollm2-135m --batch-size 4 --length 256
    python Benchmarks/compare_peft.py --model Tests/Fixtures/models/llama --length 64 --parity

Needs the packages of Tests/Fixtures/requirements.txt. Each run is a process of its own: PEFT, ours, PEFT …
Tokens/s counts every token of the rows, end of text included, over steps two and later: loading and the
first, slower step are left out on both sides. Peak memory is the largest resident set that the system saw,
mapped files included. Ratios are taken within a round, then summarised as median and range over the rounds.
"""

import argparse
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

# Only light imports: a child's peak memory starts at its parent's resident set.
from tokenizers import Tokenizer

REPOSITORY = Path(__file__).resolve().parent.parent
PARITY_BOUND = 1e-3


@dataclass(frozen=True)
class Side:
    """One contestant: whose trainer, and in which arithmetic."""

    trainer: str  # "peft" or "lora-train"
    mode: str

    @property
    def name(self) -> str:
        return f"{self.trainer} {self.mode}"


@dataclass(frozen=True)
class Run:
    tokens_per_second: float
    peak_bytes: int
    losses: list[float]


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


def run_process(command: list[str], threads: int) -> int:
    """Runs a command to its end and returns its peak resident set in bytes."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            log.seek(0)
            tail = log.read().decode(errors="replace")[-3000:]
            sys.exit(f"{tail}\nexit code {process.returncode}: {' '.join(command)}")
    return usage.ru_maxrss * (1 if platform.system() == "Darwin" else 1024)


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
        trainer = [str(arguments.binary), "train", "--no-shuffle"]
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
            "--compute": side.mode,
            "--report-json": report,
        }
    flags |= {
        "--batch-size": arguments.batch_size,
        "--learning-rate": arguments.learning_rate,
        "--threads": arguments.threads,
    }
    return trainer + [str(part) for flag in flags.items() for part in flag]


def run_side(side: Side, arguments, folder: Path, batch_tokens: list[int], output: Path) -> Run:
    report = folder / "report.json"
    peak = run_process(command_of(side, arguments, folder, report, output), arguments.threads)
    steps = json.loads(report.read_text())["steps"]
    report.unlink()
    if len(steps) != arguments.steps:
        sys.exit(f"{side.name}: the report holds {len(steps)} steps; expected {arguments.steps}.")
    seconds = sum(step["seconds"] for step in steps[1:])
    tokens = sum(batch_tokens[index % len(batch_tokens)] for index in range(1, len(steps)))
    return Run(tokens / seconds, peak, [step["loss"] for step in steps])


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


def spread(values: list[float]) -> dict:
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def summarise(runs: dict[Side, list[Run]]) -> dict:
    sides = {
        side.name: {
            "tokensPerSecond": spread([run.tokens_per_second for run in done]),
            "peakBytes": spread([run.peak_bytes for run in done]),
            "losses": done[-1].losses,
        }
        for side, done in runs.items()
    }
    ratios = []
    for ours, theirs in itertools.product(runs, runs):
        if (ours.trainer, theirs.trainer) == ("lora-train", "peft"):
            rounds = list(zip(runs[ours], runs[theirs], strict=True))
            speed = spread([a.tokens_per_second / b.tokens_per_second for a, b in rounds])
            memory = spread([a.peak_bytes / b.peak_bytes for a, b in rounds])
            ratios.append({"ours": ours.name, "peft": theirs.name, "speed": speed, "memory": memory})
    return {"sides": sides, "ratios": ratios}


def table(summary: dict) -> str:
    def cell(value: dict, scale: float = 1, digits: int = 2) -> str:
        low, median, high = (f"{value[key] / scale:.{digits}f}" for key in ("low", "median", "high"))
        return f"{median} ({low}–{high})"

    lines = [f"{'':<34}{'tokens/s':>26}{'peak GiB':>24}"]
    for name, side in summary["sides"].items():
        speed, peak = cell(side["tokensPerSecond"], digits=1), cell(side["peakBytes"], 2**30)
        lines.append(f"{name:<34}{speed:>26}{peak:>24}")
    for ratio in summary["ratios"]:
        name = f"{ratio['ours']} ÷ {ratio['peft']}"
        lines.append(f"{name:<34}{cell(ratio['speed']):>26}{cell(ratio['memory']):>24}")
    return "\n".join(lines)


def processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def describe(arguments) -> dict:
    packages = ("torch", "transformers", "peft", "tokenizers")
    return {
        "machine": {"processor": processor_name(), "cores": os.cpu_count(), "system": platform.platform()},
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "settings": {key: str(value) for key, value in vars(arguments).items() if value is not None},
        "loadBefore": os.getloadavg()[0],
    }


def find_binary() -> Path | None:
    candidates = [REPOSITORY / ".build" / kind / "lora-train" for kind in ("release", "debug")]
    return next((path for path in candidates if path.exists()), None)


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
    add("--rank", type=int, default=8, help="of the adapter, on all seven projections")
    add("--learning-rate", type=float, default=3e-4)
    add("--threads", type=int, default=os.cpu_count())
    add("--modes", default="f32", help="of PEFT, comma-separated: f32, autocast (to bf16), bf16 (weights too)")
    add("--compute", default="f32", help="of lora-train, comma-separated: f32, bf16; empty: PEFT alone")
    add("--binary", type=Path, default=find_binary(), help="lora-train; default: the one in .build")
    add("--parity", action="store_true", help="compare the adapters of one f32 run each, and stop")
    add("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    if arguments.steps < 2 or arguments.repeats < 1 or arguments.length < 2:
        parser.error("--steps and --length must be at least 2, --repeats at least 1")
    if arguments.parity:
        arguments.modes, arguments.compute, arguments.repeats = "f32", "f32", 1
    if unknown := set(arguments.modes.split(",")) - {"f32", "autocast", "bf16"}:
        parser.error(f"--modes: unknown {', '.join(unknown)}; expected f32, autocast, bf16")
    if arguments.compute and not arguments.binary:
        parser.error("no lora-train in .build. Run swift build -c release, or give --binary.")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    sides = [Side("peft", mode) for mode in arguments.modes.split(",")]
    sides += [Side("lora-train", mode) for mode in arguments.compute.split(",") if mode]
    result = describe(arguments)
    runs: dict[Side, list[Run]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = prepare_rows(arguments, folder)
        size = arguments.batch_size
        batch_tokens = [sum(map(len, rows[at : at + size])) for at in range(0, len(rows), size)]
        maker = [sys.executable, str(Path(__file__).with_name("peft_trainer.py")), "make-adapter"]
        settings = ["--model", arguments.model, "--rank", arguments.rank, "--output", folder / "initial"]
        run_process(maker + [str(part) for part in settings], arguments.threads)
        for repeat in range(arguments.repeats):
            for side in sides:
                output = folder / f"{side.trainer}-{side.mode}-{repeat}"
                run = run_side(side, arguments, folder, batch_tokens, output)
                runs[side].append(run)
                print(
                    f"{repeat + 1}/{arguments.repeats} {side.name}: {run.tokens_per_second:.1f} tokens/s, "
                    f"{run.peak_bytes / 2**30:.2f} GiB, loss {run.losses[0]:.4f} → {run.losses[-1]:.4f}",
                    file=sys.stderr,
                )
        result |= summarise(runs)
        if arguments.parity:
            adapters = [folder / f"{side.trainer}-{side.mode}-0" for side in reversed(sides)]
            result["parity"] = check_parity(*adapters, folder / "initial")

    if arguments.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    elif not arguments.parity:
        print(table(result))
    if parity := result.get("parity"):
        equal = parity["distance"] <= PARITY_BOUND
        print(
            f"{'equal' if equal else 'DIFFERENT'}: after {arguments.steps} steps the adapters differ by at most "
            f"{parity['distance']:.2e} of their norm ({parity['tensor']}); allowed {PARITY_BOUND:.0e}. "
            f"Largest difference to how far a tensor moved: {parity['distanceToMovement']:.2e}.",
            file=sys.stderr,
        )
        sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
