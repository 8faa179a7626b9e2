"""Writes a model of a published shape: random bfloat16 weights, a byte-level tokenizer. Downloads nothing.

    python Benchmarks/make_model.py smollm2-135m .build/models/smollm2-135m
    python Benchmarks/make_model.py llama-3.2-1b .build/models/llama-3.2-1b --text README.md

Speed and memory depend on the shape alone, so random weights measure as trained ones do. Without --text the
tokenizer knows the 256 bytes and the end of text; with it, merges are learned up to the size of the shape's
vocabulary. Embedding and head keep the shape's full size either way.
"""

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

END_OF_TEXT = "<|endoftext|>"

SHAPES = {
    "smollm2-135m": {
        "model_type": "llama",
        "vocab_size": 49152,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0},
    },
    "qwen2.5-0.5b": {
        "model_type": "qwen2",
        "vocab_size": 151936,
        "hidden_size": 896,
        "intermediate_size": 4864,
        "num_hidden_layers": 24,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
    },
    "llama-3.2-1b": {
        "model_type": "llama",
        "vocab_size": 128256,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "max_position_embeddings": 131072,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {
            "rope_type": "llama3",
            "rope_theta": 500000.0,
            "factor": 32.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        },
    },
    # Small enough to try the scripts on.
    "tiny": {
        "model_type": "llama",
        "vocab_size": 512,
        "hidden_size": 64,
        "intermediate_size": 176,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
    },
}


def write_tokenizer(folder: Path, vocabulary: int, files: list[str]) -> int:
    """Writes tokenizer.json and tokenizer_config.json; returns the id of the end of text, always 0."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train(files, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END_OF_TEXT, "bos_token": None}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    return tokenizer.token_to_id(END_OF_TEXT)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("output", type=Path, help="folder to write; made if missing")
    parser.add_argument("--text", nargs="*", default=[], help="text files to learn the merges from")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    arguments.output.mkdir(parents=True, exist_ok=True)
    shape = SHAPES[arguments.shape] | {"tie_word_embeddings": True}
    end = write_tokenizer(arguments.output, shape["vocab_size"], arguments.text)

    torch.manual_seed(arguments.seed)
    logging.disable_progress_bar()
    config = AutoConfig.for_model(**shape, bos_token_id=None, eos_token_id=end)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(arguments.output)
    parameters = sum(weight.numel() for weight in model.parameters())
    print(f"{arguments.output}: {arguments.shape}, {parameters / 1e6:.1f} M parameters in bfloat16")


if __name__ == "__main__":
    main()
