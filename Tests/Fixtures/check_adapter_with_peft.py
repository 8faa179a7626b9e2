"""Compares an adapter folder as PEFT reads it with the same folder as lora-train reads it, row by row.

    venv/bin/python check_adapter_with_peft.py --model DIR --adapter DIR --data texts.jsonl

The data are {"text": …} rows. `lora-train eval --per-row` gives the mean loss of each row in nats per token; PEFT's is
computed here in float32 from tokenizer's special tokens + text + end-of-text. Prints the largest difference
and exits with 1 where it is above 1e-4, or where the adapter changes nothing.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

BOUND = 1e-4


def losses(model, rows: list[list[int]]) -> list[float]:
    result = []
    with torch.no_grad():
        for ids in rows:
            tokens = torch.tensor([ids])
            logits = model(tokens).logits[0, :-1].float()
            result.append(torch.nn.functional.cross_entropy(logits, tokens[0, 1:]).item())
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--lora-train", default=".build/debug/lora-train", help="the program to compare with")
    arguments = parser.parse_args()

    tokenizer = Tokenizer.from_file(f"{arguments.model}/tokenizer.json")
    end = json.loads(Path(arguments.model, "config.json").read_text("utf-8"))["eos_token_id"]
    end = end[0] if isinstance(end, list) else end
    texts = [json.loads(line)["text"] for line in Path(arguments.data).read_text("utf-8").splitlines() if line]
    rows = [tokenizer.encode(text).ids + [end] for text in texts]

    base = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32).eval()
    plain = losses(base, rows)
    theirs = losses(PeftModel.from_pretrained(base, arguments.adapter).eval(), rows)

    command = [arguments.lora_train, "eval", "--model", arguments.model, "--adapter-path", arguments.adapter]
    command += ["--data", arguments.data, "--json", "--per-row"]
    output = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    ours = [row["loss"] for row in output["rows"]]

    assert len(ours) == len(theirs), f"{len(ours)} rows of lora-train, {len(theirs)} of the file"
    difference = max(abs(a - b) for a, b in zip(ours, theirs))
    effect = max(abs(a - b) for a, b in zip(plain, theirs))
    print(f"{len(rows)} rows: largest difference {difference:.2e}, largest effect of the adapter {effect:.2e}")
    return 0 if difference <= BOUND < effect else 1


if __name__ == "__main__":
    sys.exit(main())
