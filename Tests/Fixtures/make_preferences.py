"""Writes references/preferences: losses and gradients of preference objectives on edits, by TRL where it has them.

    venv/bin/pip install -r requirements.txt trl==1.16.0
    venv/bin/python make_preferences.py

The rest of references/ is make_fixtures.py's; this reads its model and adapter. README.md describes the files.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import torch
import torch.nn.functional as F
from datasets import Dataset
from safetensors.torch import save_file
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer
from trl.experimental.orpo import ORPOTrainer

from fixture_references import Folder, adapter_tensors

FAMILY = "smollm2"

# Drafts and finals in which brackets stand around what the writer cut and put in.
EDITS = [
    (
        "a kettle",
        "The kettle [truly] came in on a Tuesday. It did not whistle[, which was unfortunate].",
        "The kettle came in on a Tuesday. It did not [so much as hiss].",
    ),
    (
        "a loan",
        "I lent the tap to a man [who was, after all,] in a hurry.",
        "I lent the tap to a man in a hurry. [It says plough.]",
    ),
    ("a lamp", "The fault is [always somewhere] near the light.", "The fault is [never] near the light."),
]
BETA, CHANGE, POSITIVE, CORNER = 2.0, 5.0, 5.0, 0.01
PREFERENCE, UNLIKELIHOOD = 0.25, 0.05


@dataclass
class Side:
    """One text of a pair after its prompt, with the marks of its tokens."""

    ids: list[int]
    start: int
    changed: list[bool]

    def label_losses(self, model) -> torch.Tensor:
        logits = model(torch.tensor([self.ids[:-1]])).logits[0, self.start - 1 :]
        return F.cross_entropy(logits, torch.tensor(self.ids[self.start :]), reduction="none")


def plain(marked: str) -> str:
    return marked.replace("[", "").replace("]", "")


def side(folder: Folder, topic: str, marked: str) -> Side:
    tokenizer = folder.tokenizer(FAMILY)
    flags, text, inside = [], "", False
    for character in marked:
        if character in "[]":
            inside = character == "["
            continue
        text += character
        flags.append(inside)
    # White space goes with the word after it.
    for place in range(len(text) - 2, -1, -1):
        if text[place] == " ":
            flags[place] = flags[place + 1]
    # A word is marked as a whole.
    for place in range(1, len(text)):
        if text[place] != " " and text[place - 1] != " " and flags[place - 1]:
            flags[place] = True
    for place in range(len(text) - 2, -1, -1):
        if text[place + 1] != " " and flags[place + 1]:
            flags[place] = True
    prompt = tokenizer.encode(f"topic: {topic}\n\n", add_special_tokens=False).ids
    encoding = tokenizer.encode(text, add_special_tokens=False)
    changed, place = [], 0
    for token in encoding.tokens:
        changed.append(any(flags[place : place + len(token)]))
        place += len(token)
    assert place == len(text)
    return Side(prompt + encoding.ids + [folder.eos(FAMILY)], len(prompt), changed + [False])


def edit_rate(draft: str, final: str) -> float:
    """1 − longest common subsequence of the words / the longer text's words."""
    a, b = draft.split(), final.split()
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return 1 - table[-1][-1] / max(len(a), len(b))


def dpo(model, reference, pairs: list[tuple[Side, Side]], folder: Folder) -> torch.Tensor:
    tokenizer = AutoTokenizer.from_pretrained(folder.root / "models" / FAMILY)
    tokenizer.pad_token_id = folder.eos(FAMILY)
    trainer = DPOTrainer(
        model=model,
        ref_model=reference,
        args=DPOConfig(output_dir="unused", beta=0.1, use_cpu=True, report_to=[], bf16=False),
        train_dataset=Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}]),
        processing_class=tokenizer,
    )
    sides = [final for final, _ in pairs] + [draft for _, draft in pairs]
    width = max(len(side.ids) for side in sides)

    def padded(rows, fill):
        return torch.tensor([row + [fill] * (width - len(row)) for row in rows])

    inputs = {
        "input_ids": padded([side.ids for side in sides], tokenizer.pad_token_id),
        "attention_mask": padded([[1] * len(side.ids) for side in sides], 0),
        "completion_mask": padded(
            [[0] * side.start + [1] * (len(side.ids) - side.start) for side in sides], 0
        ),
    }
    return trainer._compute_loss(trainer.model, inputs, return_outputs=False)


def orpo(model, pairs: list[tuple[Side, Side]]) -> torch.Tensor:
    def mean_log_probability(side: Side) -> torch.Tensor:
        labels = torch.tensor([[-100] * side.start + side.ids[side.start :]])
        logits = model(torch.tensor([side.ids])).logits
        return ORPOTrainer.get_batch_logps(logits, labels, average_log_prob=True)[0]

    trainer = SimpleNamespace(beta=0.1, accelerator=SimpleNamespace(device="cpu"))
    chosen = torch.stack([mean_log_probability(final) for final, _ in pairs])
    rejected = torch.stack([mean_log_probability(draft) for _, draft in pairs])
    losses, *_ = ORPOTrainer.odds_ratio_loss(trainer, chosen, rejected)
    # TRL learns the prompt as well; here prompts are masked, as in its own DPO.
    finals = torch.cat([final.label_losses(model) for final, _ in pairs])
    return finals.mean() - losses.mean()


def dense(model, reference, pairs: list[tuple[Side, Side]], rates: list[float]) -> torch.Tensor:
    def score(network, side: Side) -> torch.Tensor:
        weights = torch.tensor([CHANGE if changed else 1.0 for changed in side.changed])
        return -(weights * side.label_losses(network)).sum() / weights.sum()

    """Written from the formulas in PreferenceLoss.swift, EditWeights.swift and Unlikelihood.swift: TRL has none of them."""
    weighted, total = 0.0, 0.0
    terms = []
    for (final, draft), rate in zip(pairs, rates, strict=True):
        kept = 0.3 + 0.7 * min(1.0, rate / 0.5)
        weights = torch.tensor([2.0 if changed else kept for changed in final.changed[:-1]] + [1.0])
        weighted = weighted + (weights * final.label_losses(model)).sum()
        total += weights.sum().item()
        with torch.no_grad():
            references = score(reference, final), score(reference, draft)
        gain, loss = score(model, final) - references[0], score(model, draft) - references[1]
        lost = F.smooth_l1_loss(torch.clamp(-gain, min=0), torch.tensor(0.0), beta=CORNER)
        margin = BETA * (gain - loss - POSITIVE * lost)
        terms.append(PREFERENCE * min(1.0, rate / 0.1) * -F.logsigmoid(margin))
        cut = torch.tensor(draft.changed)
        if cut.any():
            probability = torch.exp(-draft.label_losses(model)[cut])
            terms[-1] = terms[-1] - UNLIKELIHOOD * torch.log1p(-probability).mean()
    return weighted / total + torch.stack(terms).mean()


def main() -> None:
    torch.set_num_threads(1)
    folder = Folder(Path(__file__).resolve().parent)
    target = folder.root / "references" / "preferences"
    target.mkdir(parents=True, exist_ok=True)
    rows, pairs, rates = [], [], []
    for topic, draft, final in EDITS:
        rows.append({"seed": {"topic": topic}, "draft": plain(draft), "final": plain(final)})
        rates.append(edit_rate(plain(draft), plain(final)))
        pairs.append((side(folder, topic, final), side(folder, topic, draft)))
    (target / "edits.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")

    for name in ("dpo", "orpo", "dense"):
        model = folder.adapted(FAMILY, FAMILY, "eager")
        reference = folder.model(FAMILY, "eager").eval()
        if name == "dpo":
            loss = dpo(model, reference, pairs, folder)
        elif name == "orpo":
            loss = orpo(model, pairs)
        else:
            loss = dense(model, reference, pairs, rates)
        loss.backward()
        gradients = adapter_tensors(model, gradients=True)
        save_file(gradients, target / f"{name}.safetensors")
        manifest = {
            "loss": loss.item(),
            "editRates": rates,
            "pairs": [
                {"final": {"ids": f.ids, "changed": f.changed}, "draft": {"ids": d.ids, "changed": d.changed}}
                for f, d in pairs
            ],
        }
        (target / f"{name}.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
        print(name, loss.item(), rates)


if __name__ == "__main__":
    main()
