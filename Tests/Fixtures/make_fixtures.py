"""Writes models/, adapters/ and references/ beside this file. README.md describes them.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make_fixtures.py

Needs no network and no accelerator. On one kind of machine every run writes the same bytes; on another the
last digits may differ, which is why the outputs are kept and the script runs only when a fixture is to change.
"""

import os
import shutil
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from transformers import AutoTokenizer
from transformers.utils import logging

from fixture_models import FAMILIES, write_model
from fixture_optimizers import write_optimizers
from fixture_references import (
    TRAININGS,
    Folder,
    write_adapters,
    write_archives,
    write_full_gradients,
    write_generation,
    write_logits,
    write_lora_gradients,
    write_training,
)
from fixture_texts import ARCHIVE, LOGITS


def main() -> None:
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    folder = Folder(Path(__file__).resolve().parent)
    for name in ("models", "adapters", "references"):
        shutil.rmtree(folder.root / name, ignore_errors=True)

    for family in FAMILIES:
        path = folder.root / "models" / family.name
        write_model(family, path)
        through_transformers = AutoTokenizer.from_pretrained(path)
        for text in LOGITS + ARCHIVE:
            assert through_transformers(text)["input_ids"] == folder.encode(family.name, text), family.name
    write_adapters(folder)
    write_archives(folder)

    for family in FAMILIES:
        write_logits(folder, family.name)
        write_lora_gradients(folder, family.name)
        write_generation(folder, family.name)
    for family in ("smollm2", "qwen2", "qwen3"):
        write_full_gradients(folder, family)

    plain = None
    for training in TRAININGS:
        trained = write_training(folder, training, control=plain)
        plain = plain or trained
    write_optimizers(folder.root / "references")


if __name__ == "__main__":
    main()
