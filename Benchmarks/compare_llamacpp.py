"""Drafts with llama.cpp and with lora-train on the same weights at the same precision, in turn, and compares.

    CMAKE_ARGS="-DGGML_NATIVE=ON" pip install llama-cpp-python gguf numpy
    swift build -c release --product lora-train
    python Benchmarks/make_model.py smollm2-135m .build/models/smollm2-135m
    python Benchmarks/compare_llamacpp.py --model .build/models/smollm2-135m
    python Benchmarks/compare_llamacpp.py --model Tests/Fixtures/models/smollm2 --parity

Each run is a process of its own that reads a prompt of 512 random tokens and writes 64 on from it, several
times, the first untimed: lora-train bench on our side, llama_decode on theirs. Our decoding includes choosing
the likeliest token, theirs only the logits. llama.cpp runs with and without flash attention; the better of
the two, figure by figure, is what ours is compared with. Ratios are taken within a round, then summarised as
median and range over the rounds. With --parity, both sides score the same texts in float32, which shows that
the GGUF file holds the same model.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import make_gguf
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

# Both sides in float32: rounding in sums of up to a thousand terms. A wrong order of q's rows gives 3e-2.
PARITY_BOUND = 1e-5
PARITY_TEXTS = (
    "The kettle came in on a Tuesday. It had boiled for eleven years and no longer whistled.",
    "A fault is never where the light is: look behind it, then under it, then at whoever reported it.",
    "Nine spoons, two of them silver; one lamp (cracked), 1,024 screws and a drawer that would not shut!",
)
PRECISIONS = {"bf16": [], "q8_0": ["--quantize", "q8"]}
HELD_AS = {"bf16": "bfloat16", "q8_0": "q8"}  # as lora-train bench names them
DECODE_GOALS = {"bf16": 1.2, "q8_0": 1.7}
PREFILL_GOAL, ADAPTER_GOAL = 1.0, 0.95
DRAFT_TOKENS = 64  # of lora-train bench


@dataclass(frozen=True)
class Run:
    """Tokens a second, medians of one process."""

    prefill: float
    decode: float
    others: float | None  # share of the machine that others took
    adapter_share: float | None = None  # of lora-train: decode with an adapter ÷ without


@dataclass(frozen=True)
class Side:
    program: str
    precision: str
    setting: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.program, self.precision, self.setting)))


# MARK: Runs


def run_llamacpp(side: Side, model: Path, arguments) -> Run:
    command = [sys.executable, Path(__file__).with_name("llamacpp_runner.py")]
    command += ["--model", model, "--threads", arguments.threads, "--generations", arguments.generations]
    command += ["--draft-tokens", DRAFT_TOKENS]
    command += ["--flash-attention"] if side.setting else []
    finished = run_process(command, arguments.threads)
    figures = json_of(finished)
    return Run(Spread.of(figures["prefill"]).median, Spread.of(figures["decode"]).median, finished.others)


def run_ours(side: Side, arguments) -> Run | None:
    """None where this lora-train cannot draft at the precision."""
    command = [
        arguments.binary,
        "bench",
        "--json",
        "--model",
        arguments.model,
        "--threads",
        arguments.threads,
    ]
    # Training is in the same command; one short step of it is the least.
    command += ["--batch-size", 1, "--max-seq-length", 16, "--max-steps", 1, *PRECISIONS[side.precision]]
    finished = run_process(command, arguments.threads, allowed_codes=(0, 2))
    if reason := refusal(finished):
        progress(f"{side.name}: {reason} Going on without.")
        return None
    report = json_of(finished)
    if (held := report.get("weights", "float32")) != HELD_AS[side.precision]:
        progress(
            f"{side.name}: its weights are {held}; expected {HELD_AS[side.precision]}. Not a fair match."
        )
    # The process writes with and without in turns: what slows the machine for seconds slows both of a pair.
    pairs = zip(
        report["decode_with_adapter_tokens_per_second"]["samples"],
        report["decode_tokens_per_second"]["samples"],
        strict=True,
    )
    return Run(
        report["prefill_tokens_per_second"]["median"],
        report["decode_tokens_per_second"]["median"],
        finished.others,
        Spread.of(beside / alone for beside, alone in pairs).median,
    )


def run_rounds(files: dict[str, Path], arguments) -> dict[Side, list[Run]]:
    runs: dict[Side, list[Run]] = {}
    for precision in files:
        runs[Side("lora-train", precision)] = []
        runs[Side("llama.cpp", precision)] = []
        runs[Side("llama.cpp", precision, "flash attention")] = []
    for repeat in range(arguments.repeats):
        for side in list(runs):
            ours = side.program == "lora-train"
            run = run_ours(side, arguments) if ours else run_llamacpp(side, files[side.precision], arguments)
            if run is None:
                del runs[side]
                continue
            runs[side].append(run)
            figures = f"prefill {run.prefill:.0f}, decode {run.decode:.1f} tokens/s"
            progress(f"{repeat + 1}/{arguments.repeats} {side.name}: {figures}{others_text(run.others)}")
    return runs


# MARK: Parity


def check_parity(arguments, folder: Path) -> dict:
    """The largest relative difference of the losses of a few texts, scored in float32 by both sides."""
    (folder / "rows.txt").write_text("".join(f"{text}\n" for text in PARITY_TEXTS))
    (folder / "rows.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in PARITY_TEXTS))
    base = ["--json", "--model", arguments.model]
    scorer = [arguments.binary, "eval", *base, "--per-row", "--data", folder / "rows.jsonl"]
    ours = [row["loss"] for row in json_of(run_process(scorer, arguments.threads))["rows"]]

    tokenizer = [arguments.binary, "tokenize", *base, "--file", folder / "rows.txt"]
    end = json.loads((arguments.model / "config.json").read_text())["eos_token_id"]
    end = end[0] if isinstance(end, list) else end
    ids = [row + [end] for row in json.loads(run_process(tokenizer, arguments.threads).text)]
    (folder / "ids.json").write_text(json.dumps(ids))
    make_gguf.write(arguments.model, folder / "model.gguf", "f32")
    runner = [sys.executable, Path(__file__).with_name("llamacpp_runner.py"), "--score", folder / "ids.json"]
    runner += ["--model", folder / "model.gguf", "--threads", arguments.threads]
    theirs = json_of(run_process(runner, arguments.threads))["losses"]

    distance = max(abs(a - b) / b for a, b in zip(ours, theirs, strict=True))
    return {"ours": ours, "theirs": theirs, "distance": distance, "bound": PARITY_BOUND}


def report_parity(parity: dict) -> None:
    equal = parity["distance"] <= PARITY_BOUND
    progress(
        f"{'equal' if equal else 'DIFFERENT'}: the losses of {len(parity['ours'])} texts differ by at most "
        f"{parity['distance']:.2e} of their size; allowed {PARITY_BOUND:.0e}."
    )
    sys.exit(0 if equal else 1)


# MARK: Output


def rows_of(runs: dict[Side, list[Run]]) -> list[Row]:
    """What is asked of drafting, as far as the sides that ran can tell."""
    rows = []
    for side in (side for side in runs if side.program == "lora-train"):
        rivals = [
            rival for rival in runs if rival.program == "llama.cpp" and rival.precision == side.precision
        ]
        for figure, goal in (("decode", DECODE_GOALS[side.precision]), ("prefill", PREFILL_GOAL)):
            best = max(
                rivals, key=lambda rival: Spread.of(getattr(run, figure) for run in runs[rival]).median
            )
            rounds = zip(runs[side], runs[best], strict=True)
            value = Spread.of(getattr(a, figure) / getattr(b, figure) for a, b in rounds)
            setting = best.setting or "no flash attention"
            rows.append(Row(f"{side.precision}: {figure} ÷ llama.cpp ({setting})", value, goal))
        shares = [run.adapter_share for run in runs[side] if run.adapter_share]
        if shares:
            what = f"{side.precision}: decode with an unmerged rank-8 adapter ÷ without"
            rows.append(Row(what, Spread.of(shares), ADAPTER_GOAL))
    return rows


def sides_table(runs: dict[Side, list[Run]]) -> str:
    cells = [
        [
            side.name,
            Spread.of(run.prefill for run in done).text(0),
            Spread.of(run.decode for run in done).text(1),
        ]
        for side, done in runs.items()
    ]
    return markdown_table(["side", "prefill tokens/s", "decode tokens/s"], cells)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, help="base, a Hugging Face folder of a Llama model")
    add("--precisions", default=",".join(PRECISIONS), help="comma-separated: bf16, q8_0")
    add("--repeats", type=int, default=3, help="rounds")
    add("--generations", type=int, default=3, help="timed generations of a llama.cpp process")
    add("--threads", type=int, default=os.cpu_count())
    add(
        "--binary", type=Path, default=find_binary(), help="lora-train; default: the one built last in .build"
    )
    add("--parity", action="store_true", help="compare the losses of a few texts, and stop")
    add("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    arguments.precisions = arguments.precisions.split(",")
    if unknown := set(arguments.precisions) - set(PRECISIONS):
        parser.error(f"--precisions: unknown {', '.join(sorted(unknown))}; expected {', '.join(PRECISIONS)}")
    if arguments.repeats < 1 or arguments.generations < 1:
        parser.error("--repeats and --generations must be at least 1")
    if not arguments.binary:
        parser.error("no lora-train in .build. Run swift build -c release, or give --binary.")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    result = {
        "machine": machine(),
        "versions": versions("llama-cpp-python", "gguf"),
        "settings": {key: str(value) for key, value in vars(arguments).items()},
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.parity:
            report_parity(check_parity(arguments, folder))
        files = {precision: folder / f"{precision}.gguf" for precision in arguments.precisions}
        for precision, path in files.items():
            make_gguf.write(arguments.model, path, precision)
        runs = run_rounds(files, arguments)
    rows = rows_of(runs)

    if arguments.json:
        result["sides"] = {side.name: [asdict(run) for run in done] for side, done in runs.items()}
        result["rows"] = [asdict(row) for row in rows]
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        print(f"{arguments.model.name}, {arguments.threads} threads, {result['machine']['processor']}\n")
        print(sides_table(runs), "\n")
        print(goals_table(rows))
    if note := busy_note(run.others for done in runs.values() for run in done):
        progress(note)


if __name__ == "__main__":
    main()
