"""The PEFT side of compare_peft.py: one process that makes an adapter or trains one, as PEFT's users would.

It is a process of its own so that its peak memory and its time are its own.
"""

import argparse
import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM
from transformers.utils import logging

ALL_PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Mode:
    """The arithmetic of a run: that of the base, whether autocast chooses, that of the adapter."""

    weights: torch.dtype
    autocasts: bool = False
    adapter_is_float32: bool = True  # PEFT's default


MODES = {
    "f32": Mode(torch.float32),
    "autocast": Mode(torch.float32, autocasts=True),
    "bf16": Mode(torch.bfloat16),
    "bf16-autocast": Mode(torch.bfloat16, autocasts=True),
    "bf16-all": Mode(torch.bfloat16, adapter_is_float32=False),
}


def load(model: Path, dtype: torch.dtype):
    return AutoModelForCausalLM.from_pretrained(model, dtype=dtype, attn_implementation="sdpa")


def make_adapter(arguments) -> None:
    """An adapter with PEFT's A and a small random B, so that every gradient is live from the first step."""
    torch.manual_seed(0)
    config = LoraConfig(
        task_type="CAUSAL_LM", r=arguments.rank, lora_alpha=2 * arguments.rank, target_modules=ALL_PROJECTIONS
    )
    model = get_peft_model(load(arguments.model, torch.float32), config)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    model.save_pretrained(arguments.output)


def batch_tensors(rows: list[list[int]]) -> dict[str, torch.Tensor]:
    """Rows side by side. Rows of one length need no padding and no mask, which is PyTorch's fastest path."""
    length = max(map(len, rows))
    ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
    labels = torch.tensor([row + [-100] * (length - len(row)) for row in rows])
    if all(len(row) == length for row in rows):
        return {"input_ids": ids, "labels": labels}
    return {"input_ids": ids, "labels": labels, "attention_mask": (labels != -100).long()}


def train(arguments) -> None:
    torch.set_num_threads(arguments.threads)
    mode = MODES[arguments.mode]
    base = load(arguments.model, mode.weights)
    base.config.use_cache = False
    model = PeftModel.from_pretrained(
        base, arguments.adapter, is_trainable=True, autocast_adapter_dtype=mode.adapter_is_float32
    )
    model.train()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=arguments.learning_rate, weight_decay=0.0)
    rows = json.loads(arguments.rows.read_text())
    epoch = [rows[at : at + arguments.batch_size] for at in range(0, len(rows), arguments.batch_size)]
    autocast = torch.autocast("cpu", dtype=torch.bfloat16) if mode.autocasts else None

    steps = []
    for step in range(arguments.steps):
        started = time.perf_counter()
        batch = epoch[step % len(epoch)]
        with autocast or contextlib.nullcontext():
            loss = model(**batch_tensors(batch)).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds = time.perf_counter() - started
        tokens = sum(map(len, batch))
        steps.append({"step": step + 1, "loss": loss.item(), "tokens": tokens, "seconds": seconds})
    arguments.report.write_text(json.dumps({"steps": steps}))
    if arguments.output:
        model.save_pretrained(arguments.output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["make-adapter", "train"])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="adapter folder to write")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--adapter", type=Path, help="adapter to start from")
    parser.add_argument("--rows", type=Path, help="JSON list of id lists")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--mode", choices=MODES, default="f32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    arguments = parser.parse_args()
    logging.disable_progress_bar()
    make_adapter(arguments) if arguments.action == "make-adapter" else train(arguments)


if __name__ == "__main__":
    main()
