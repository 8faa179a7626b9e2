"""Reference numbers from `transformers` and `peft`: logits, gradients, training runs, greedy continuations.

Each reference is computed twice, with the eager and with the fused attention of PyTorch, which order their
sums differently. The first is stored; the largest difference to the second is kept in the manifest as
`rounding`: the size of float32's noise on these very numbers.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

import fixture_texts as texts
from fixture_models import FAMILIES, write_json

ALL_PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
IGNORED = -100


@dataclass(frozen=True)
class Sequence:
    """Token ids and labels: `labels[i]` is `ids[i]` where token i is learned, else -100."""

    ids: list[int]
    labels: list[int]

    @property
    def label_count(self) -> int:
        return sum(label != IGNORED for label in self.labels[1:])


class Folder:
    """The fixture folder: reads models and adapters, writes references."""

    def __init__(self, root: Path):
        self.root = root

    def model(self, family: str, attention: str):
        model = AutoModelForCausalLM.from_pretrained(
            self.root / "models" / family, dtype=torch.float32, attn_implementation=attention
        )
        return model.eval()

    def adapted(self, family: str, adapter: str, attention: str) -> PeftModel:
        base = self.model(family, attention)
        return PeftModel.from_pretrained(base, self.root / "adapters" / adapter, is_trainable=True)

    def tokenizer(self, family: str) -> Tokenizer:
        return Tokenizer.from_file(str(self.root / "models" / family / "tokenizer.json"))

    def eos(self, family: str) -> int:
        return json.loads((self.root / "models" / family / "config.json").read_text())["eos_token_id"]

    def encode(self, family: str, text: str) -> list[int]:
        return self.tokenizer(family).encode(text).ids

    def write(self, name: str, manifest: dict, compute) -> dict[str, torch.Tensor]:
        """Stores what `compute(attention)` returns: tensors, and numbers that join the manifest."""
        tensors, numbers = compute("eager")
        others, _ = compute("sdpa")
        rounding = max((tensors[key] - others[key]).abs().max().item() for key in tensors)
        manifest = {"tensors": f"{name}.safetensors"} | manifest | numbers | {"rounding": rounding}
        path = self.root / "references" / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({key: tensor.detach().contiguous() for key, tensor in tensors.items()}, path)
        write_json(manifest, path.with_suffix(".json"))
        return tensors


def negative_log_likelihood(model, sequence: Sequence) -> torch.Tensor:
    """The sum over labelled tokens of -log p(token | tokens before it), for one sequence run alone."""
    logits = model(torch.tensor([sequence.ids])).logits[0, :-1]
    labels = torch.tensor(sequence.labels[1:])
    return torch.nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")


def mean_loss(model, batch: list[Sequence]) -> torch.Tensor:
    labels = sum(sequence.label_count for sequence in batch)
    return sum(negative_log_likelihood(model, sequence) for sequence in batch) / labels


def adapter_tensors(model: PeftModel, gradients: bool = False) -> dict[str, torch.Tensor]:
    """Every lora_A and lora_B (or its gradient) under its name in adapter_model.safetensors."""
    return {
        name.replace(".default.", "."): (parameter.grad if gradients else parameter).detach().clone()
        for name, parameter in model.named_parameters()
        if "lora_" in name
    }


# MARK: Adapters


def write_adapter(folder: Folder, family: str, name: str, seed: int, **settings) -> None:
    """A rank-4 adapter with A as PEFT initialises it and B normal of deviation 0.1, in PEFT's own layout."""
    torch.manual_seed(seed)
    settings = {"r": 4, "lora_alpha": 8, "target_modules": ALL_PROJECTIONS} | settings
    model = get_peft_model(folder.model(family, "eager"), LoraConfig(task_type="CAUSAL_LM", **settings))
    for key, parameter in model.named_parameters():
        if "lora_B" in key:
            torch.nn.init.normal_(parameter, std=0.1)
    target = folder.root / "adapters" / name
    model.save_pretrained(target)
    (target / "README.md").unlink()  # a model card without content
    # PEFT writes the path of the base as it was called, and the modules in the order of a hash set.
    config = json.loads((target / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = f"../../models/{family}"
    config["target_modules"] = settings["target_modules"]
    write_json(config, target / "adapter_config.json")


def write_adapters(folder: Folder) -> None:
    for family in FAMILIES:
        write_adapter(folder, family.name, family.name, seed=family.seed)
    write_adapter(folder, "smollm2", "smollm2-rslora", seed=1, use_rslora=True)
    write_adapter(folder, "smollm2", "smollm2-attention", seed=2, target_modules=["q_proj", "v_proj"])


# MARK: Logits and gradients


def write_logits(folder: Folder, family: str) -> None:
    sequences = [{"text": text, "ids": folder.encode(family, text)} for text in texts.LOGITS]

    def compute(attention):
        model = folder.model(family, attention)
        with torch.no_grad():
            logits = [model(torch.tensor([sequence["ids"]])).logits[0] for sequence in sequences]
        return {f"logits.{index}": value for index, value in enumerate(logits)}, {}

    folder.write(f"logits/{family}", {"model": family, "sequences": sequences}, compute)


def gradient_batch(folder: Folder, family: str) -> list[Sequence]:
    batch = []
    for text, masked in texts.GRADIENTS:
        ids = folder.encode(family, text) + [folder.eos(family)]
        batch.append(Sequence(ids, [IGNORED] * masked + ids[masked:]))
    return batch


def gradient_manifest(family: str, batch: list[Sequence]) -> dict:
    return {
        "model": family,
        "sequences": [{"ids": sequence.ids, "labels": sequence.labels} for sequence in batch],
        "labelCount": sum(sequence.label_count for sequence in batch),
    }


def write_lora_gradients(folder: Folder, family: str) -> None:
    batch = gradient_batch(folder, family)

    def compute(attention):
        model = folder.adapted(family, family, attention)
        loss = mean_loss(model, batch)
        loss.backward()
        with torch.no_grad():
            logits = model(torch.tensor([batch[0].ids])).logits[0]
        return adapter_tensors(model, gradients=True) | {"logits.0": logits}, {"loss": loss.item()}

    manifest = gradient_manifest(family, batch) | {"adapter": family}
    folder.write(f"lora-gradients/{family}", manifest, compute)


def write_full_gradients(folder: Folder, family: str) -> None:
    batch = gradient_batch(folder, family)

    def compute(attention):
        model = folder.model(family, attention)
        loss = mean_loss(model, batch)
        loss.backward()
        return {name: weight.grad for name, weight in model.named_parameters()}, {"loss": loss.item()}

    folder.write(f"full-gradients/{family}", gradient_manifest(family, batch), compute)


# MARK: Training


@dataclass(frozen=True)
class Training:
    """One run of AdamW over rows taken in file order."""

    name: str
    family: str = "smollm2"
    adapter: str = "smollm2"
    data: str = "archive.jsonl"
    steps: int = 10
    batch_size: int = 4
    micro_batches: int = 1
    learning_rates: list[float] = field(default_factory=lambda: [1e-3] * 10)
    schedule: str = "constant"
    weight_decay: float = 0.0
    max_grad_norm: float = 0.0
    notes: dict = field(default_factory=dict)


def warmup_cosine(peak: float, warmup: int, steps: int) -> list[float]:
    def rate(step: int) -> float:
        if step <= warmup:
            return peak * step / warmup
        progress = (step - warmup) / (steps - warmup)
        return peak * (0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress)))

    return [rate(step) for step in range(1, steps + 1)]


TRAININGS = [
    Training("plain"),
    Training("llama", family="llama", adapter="llama"),
    Training("qwen3", family="qwen3", adapter="qwen3"),
    # Between the smallest and the largest norm of the plain run: some steps are clipped, some are not.
    Training("clip", max_grad_norm=2.1),
    Training("accumulation", micro_batches=2),
    Training("rslora", adapter="smollm2-rslora"),
    Training("attention-only", adapter="smollm2-attention"),
    Training("prompt-masked", data="completions.jsonl"),
    # Ten steps of 0.001·0.1 would shrink the adapter by a thousandth only, the bound that tests use.
    Training("weight-decay", weight_decay=1.0),
    Training(
        "cosine",
        learning_rates=warmup_cosine(1e-3, warmup=3, steps=10),
        schedule="cosine",
        notes={
            "learningRate": 1e-3,
            "warmupSteps": 3,
            "formula": "t = 1…N: t ≤ W: peak·t/W; else peak·(0.1 + 0.9·(1 + cos(π·(t − W)/(N − W)))/2)",
        },
    ),
]


def write_archives(folder: Folder) -> None:
    rows = {
        "archive.jsonl": [{"text": text} for text in texts.ARCHIVE],
        "completions.jsonl": [{"prompt": p, "completion": c} for p, c in texts.COMPLETIONS],
    }
    for file, values in rows.items():
        path = folder.root / "references" / "training" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in values), "utf-8")


def read_rows(folder: Folder, training: Training) -> list[Sequence]:
    tokenizer, eos = folder.tokenizer(training.family), folder.eos(training.family)
    sequences = []
    for line in (folder.root / "references" / "training" / training.data).read_text("utf-8").splitlines():
        row = json.loads(line)
        if "text" in row:
            ids = tokenizer.encode(row["text"]).ids + [eos]
            labels = ids
        else:
            prompt = tokenizer.encode(row["prompt"]).ids
            completion = tokenizer.encode(row["completion"], add_special_tokens=False).ids + [eos]
            ids, labels = prompt + completion, [IGNORED] * len(prompt) + completion
        sequences.append(Sequence(ids, labels))
    return sequences


def batches(row_count: int, size: int, steps: int) -> list[list[int]]:
    """Row numbers of each step: in order, the last batch of an epoch short, the next epoch from row 0."""
    epoch = [list(range(start, min(start + size, row_count))) for start in range(0, row_count, size)]
    return [epoch[step % len(epoch)] for step in range(steps)]


def train(folder: Folder, training: Training, attention: str):
    model = folder.adapted(training.family, training.adapter, attention)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=0.0, betas=(0.9, 0.999), eps=1e-8, weight_decay=training.weight_decay
    )
    rows = read_rows(folder, training)
    losses, norms = [], []
    plan = batches(len(rows), training.batch_size, training.steps)
    for numbers, rate in zip(plan, training.learning_rates, strict=True):
        labels = sum(rows[number].label_count for number in numbers)
        micro = training.batch_size // training.micro_batches
        total = 0.0
        for start in range(0, len(numbers), micro):
            part = sum(negative_log_likelihood(model, rows[n]) for n in numbers[start : start + micro])
            (part / labels).backward()
            total += part.item()
        losses.append(total / labels)
        limit = training.max_grad_norm or math.inf
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, limit).item())
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()
    numbers = {"batches": plan, "losses": losses, "gradientNorms": norms}
    return adapter_tensors(model), numbers


def write_training(folder: Folder, training: Training, control: dict | None) -> dict[str, torch.Tensor]:
    """`control` is the plain run: the manifest tells how far this setting moves the adapter away from it.

    A test whose bound is not below that distance would pass with the setting ignored.
    """
    rows = read_rows(folder, training)
    manifest = {
        "model": training.family,
        "adapter": training.adapter,
        "data": f"training/{training.data}",
        "rows": [{"ids": row.ids, "labels": row.labels} for row in rows],
        "steps": training.steps,
        "batchSize": training.batch_size,
        "microBatches": training.micro_batches,
        "maxGradNorm": training.max_grad_norm,
        "optimizer": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": training.weight_decay},
        "schedule": training.schedule,
        "learningRates": training.learning_rates,
    }

    def compute(attention):
        tensors, numbers = train(folder, training, attention)
        if control and tensors.keys() == control.keys() and training.adapter == "smollm2":
            distances = [(tensors[key] - control[key]).abs().max().item() for key in tensors]
            numbers["distanceToPlain"] = max(distances)
        return tensors, numbers

    return folder.write(f"training/{training.name}", manifest | training.notes, compute)


# MARK: Generation


def write_generation(folder: Folder, family: str, new_tokens: int = 20) -> None:
    """Greedy continuation with the key-value cache; the end-of-text token is an ordinary token here."""
    model = folder.model(family, "eager")
    ids = folder.encode(family, texts.PROMPT)
    generated, margins, cache, step = [], [], None, torch.tensor([ids])
    with torch.no_grad():
        for _ in range(new_tokens):
            output = model(step, past_key_values=cache, use_cache=True)
            best = output.logits[0, -1].topk(2)
            generated.append(best.indices[0].item())
            margins.append((best.values[0] - best.values[1]).item())
            cache, step = output.past_key_values, best.indices[:1].unsqueeze(0)
    manifest = {
        "model": family,
        "prompt": texts.PROMPT,
        "ids": ids,
        "generated": generated,
        "text": folder.tokenizer(family).decode(generated, skip_special_tokens=False),
        "smallestMargin": min(margins),
    }
    write_json(manifest, folder.root / "references" / "generation" / f"{family}.json")
