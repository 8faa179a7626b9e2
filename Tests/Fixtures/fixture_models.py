"""Tiny random models of each supported family, as ordinary Hugging Face folders.

config.json is written as published checkpoints spell it, not as the installed `transformers` would, because
both the old (`rope_theta`, `torch_dtype`) and the new (`rope_parameters`, `dtype`) spelling are to be read.
Every folder is loaded by `transformers` before anything is computed from it.
"""

import json
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import AutoConfig, AutoModelForCausalLM

from fixture_texts import VOCABULARY

VOCABULARY_SIZE = 316  # bytes, merges and special tokens; configurations may round the rows up

LLAMA3_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2_PATTERN = LLAMA3_PATTERN.replace(r"\p{N}{1,3}", r"\p{N}")


@dataclass(frozen=True)
class Family:
    name: str
    config: dict
    tokenizer: str  # the style: gpt2, smollm2, llama3 or qwen2
    special_tokens: list[str]
    eos: str
    bos: str | None = None
    shards: int = 1
    dtype: torch.dtype = torch.float32
    stops: list[str] = field(default_factory=list)  # of generation_config.json, where not the eos alone

    @property
    def seed(self) -> int:
        return zlib.crc32(self.name.encode())


FAMILIES = [
    Family(
        "llama",
        {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": VOCABULARY_SIZE,
            "hidden_size": 36,
            "intermediate_size": 88,
            "num_hidden_layers": 2,
            "num_attention_heads": 6,
            "num_key_value_heads": 2,
            "head_dim": 8,
            "hidden_act": "silu",
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-05,
            "rope_theta": 10000.0,
            # Wavelengths of the four pairs: 6, 63, 628 and 6283 positions. One is below 64/4 and stays, one
            # is between 64/4 and 64/1 and is blended, two are above and their frequencies divided by 8.
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            },
            "attention_bias": False,
            "mlp_bias": False,
            "tie_word_embeddings": False,
            "torch_dtype": "float32",
        },
        tokenizer="llama3",
        special_tokens=["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"],
        bos="<|begin_of_text|>",
        eos="<|end_of_text|>",
        shards=2,
        stops=["<|end_of_text|>", "<|eot_id|>"],
    ),
    Family(
        "llama-linear",
        {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": VOCABULARY_SIZE,
            "hidden_size": 36,
            "intermediate_size": 56,
            "num_hidden_layers": 2,
            "num_attention_heads": 6,
            "num_key_value_heads": 6,
            "hidden_act": "silu",
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-06,
            "rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0},
            "tie_word_embeddings": False,
            "dtype": "float32",
        },
        tokenizer="gpt2",
        special_tokens=["<unk>", "<s>", "</s>"],
        bos="<s>",
        eos="</s>",
    ),
    Family(
        "smollm2",
        {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "vocab_size": VOCABULARY_SIZE,
            "hidden_size": 48,
            "intermediate_size": 88,
            "num_hidden_layers": 3,
            "num_attention_heads": 6,
            "num_key_value_heads": 2,
            "hidden_act": "silu",
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-05,
            "rope_theta": 100000,
            "rope_scaling": None,
            "rope_interleaved": False,
            "attention_bias": False,
            "tie_word_embeddings": True,
            "torch_dtype": "bfloat16",
        },
        tokenizer="smollm2",
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        eos="<|endoftext|>",
        dtype=torch.bfloat16,
    ),
    Family(
        "mistral",
        {
            "architectures": ["MistralForCausalLM"],
            "model_type": "mistral",
            "vocab_size": VOCABULARY_SIZE,
            "hidden_size": 32,
            "intermediate_size": 88,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "head_dim": 12,
            "hidden_act": "silu",
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-05,
            "rope_theta": 1000000.0,
            "sliding_window": None,
            "tie_word_embeddings": False,
            "torch_dtype": "float32",
        },
        tokenizer="gpt2",
        special_tokens=["<unk>", "<s>", "</s>"],
        bos="<s>",
        eos="</s>",
    ),
    Family(
        "qwen2",
        {
            "architectures": ["Qwen2ForCausalLM"],
            "model_type": "qwen2",
            "vocab_size": VOCABULARY_SIZE + 4,
            "hidden_size": 42,
            "intermediate_size": 88,
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "num_key_value_heads": 1,
            "hidden_act": "silu",
            "max_position_embeddings": 512,
            "max_window_layers": 2,
            "rms_norm_eps": 1e-06,
            "rope_theta": 1000000.0,
            "sliding_window": 512,
            "use_sliding_window": False,
            "tie_word_embeddings": True,
            "torch_dtype": "float32",
        },
        tokenizer="qwen2",
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        eos="<|endoftext|>",
    ),
    Family(
        "qwen3",
        {
            "architectures": ["Qwen3ForCausalLM"],
            "model_type": "qwen3",
            "vocab_size": VOCABULARY_SIZE + 4,
            "hidden_size": 32,
            "intermediate_size": 72,
            "num_hidden_layers": 2,
            "num_attention_heads": 6,
            "num_key_value_heads": 2,
            "head_dim": 10,
            "hidden_act": "silu",
            "attention_bias": False,
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-06,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
            "sliding_window": None,
            "use_sliding_window": False,
            "tie_word_embeddings": False,
            "dtype": "float32",
        },
        tokenizer="qwen2",
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        eos="<|endoftext|>",
    ),
]


def make_tokenizer(family: Family) -> Tokenizer:
    """A byte-level BPE tokenizer laid out as the family's own, with a vocabulary of `VOCABULARY_SIZE`."""
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    gpt2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer = Tokenizer(BPE(ignore_merges=family.tokenizer == "llama3"))
    tokenizer.decoder = decoders.ByteLevel()
    match family.tokenizer:
        case "gpt2":
            tokenizer.pre_tokenizer = gpt2
        case "smollm2":
            digits = pre_tokenizers.Digits(individual_digits=True)
            tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, gpt2])
        case "llama3":
            split = pre_tokenizers.Split(Regex(LLAMA3_PATTERN), behavior="isolated")
            tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
        case "qwen2":
            split = pre_tokenizers.Split(Regex(QWEN2_PATTERN), behavior="isolated")
            tokenizer.normalizer = normalizers.NFC()
            tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])

    # Llama 3 and Qwen number their special tokens after the merges; the others before the bytes.
    special_last = family.tokenizer in ("llama3", "qwen2")
    trainer = BpeTrainer(
        vocab_size=VOCABULARY_SIZE - (len(family.special_tokens) if special_last else 0),
        special_tokens=[] if special_last else family.special_tokens,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(VOCABULARY.strip().splitlines(), trainer)
    if special_last:
        tokenizer.add_special_tokens(
            [AddedToken(token, normalized=False, special=True) for token in family.special_tokens]
        )
    assert tokenizer.get_vocab_size() == VOCABULARY_SIZE

    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    if family.bos:
        template = processors.TemplateProcessing(
            single=f"{family.bos} $A",
            pair=f"{family.bos} $A {family.bos}:1 $B:1",
            special_tokens=[(family.bos, tokenizer.token_to_id(family.bos))],
        )
        tokenizer.post_processor = processors.Sequence([tokenizer.post_processor, template])
    return tokenizer


def random_weights(family: Family, folder: Path) -> dict[str, torch.Tensor]:
    """Weights of standard deviation 1.4/√fan-in, gains in [0.5, 1.5] and biases of deviation 0.5.

    Nothing is near one or zero, so that a gain or a bias that is left out shows; scores and logits have
    deviations between 1 and 3, so that neither softmax is flat.
    """
    config = AutoConfig.from_pretrained(folder)
    generator = torch.Generator().manual_seed(family.seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    weights = {}
    for name, parameter in model.named_parameters():  # a tied head is listed once, as the embedding
        if name.endswith("norm.weight"):
            tensor = torch.rand(parameter.shape, generator=generator) + 0.5
        elif name.endswith(".bias"):
            tensor = torch.randn(parameter.shape, generator=generator) * 0.5
        else:
            tensor = torch.randn(parameter.shape, generator=generator) * (1.4 / parameter.shape[-1] ** 0.5)
        weights[name] = tensor.to(family.dtype)
    return weights


def write_weights(weights: dict[str, torch.Tensor], folder: Path, shards: int) -> None:
    if shards == 1:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = list(weights)
    share = -(-len(names) // shards)
    weight_map = {}
    for shard in range(shards):
        part = names[shard * share : (shard + 1) * share]
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        save_file({name: weights[name] for name in part}, folder / file, metadata={"format": "pt"})
        weight_map |= {name: file for name in part}
    size = sum(tensor.nbytes for tensor in weights.values())
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(weight_map.items()))}
    write_json(index, folder / "model.safetensors.index.json")


def write_json(value: dict, path: Path) -> None:
    """Indented, but with lists of numbers on one line."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    text = re.sub(r"\[[-\d.e,\s]+\]", lambda numbers: f"[{' '.join(numbers[0][1:-1].split())}]", text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def write_model(family: Family, folder: Path) -> None:
    folder.mkdir(parents=True)
    tokenizer = make_tokenizer(family)
    tokenizer.save(str(folder / "tokenizer.json"))
    eos = tokenizer.token_to_id(family.eos)
    bos = tokenizer.token_to_id(family.bos) if family.bos else None
    ids = {"bos_token_id": bos, "eos_token_id": eos}
    write_json(family.config | ids, folder / "config.json")
    stops = [tokenizer.token_to_id(token) for token in family.stops] or eos
    write_json({"bos_token_id": bos, "eos_token_id": stops}, folder / "generation_config.json")
    write_json(
        {
            "bos_token": family.bos,
            "eos_token": family.eos,
            "clean_up_tokenization_spaces": False,
            "model_max_length": family.config["max_position_embeddings"],
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
        folder / "tokenizer_config.json",
    )
    write_weights(random_weights(family, folder), folder, family.shards)
