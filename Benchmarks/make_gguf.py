"""Writes a base as GGUF for llama.cpp, in float32, bfloat16 or Q8_0. Downloads nothing.

    python Benchmarks/make_gguf.py .build/models/smollm2-135m .build/models/smollm2-135m-q8_0.gguf --type q8_0

Takes Llama models in the Hugging Face layout. The file has no vocabulary: it is for token ids. As with
llama.cpp's own tools, one-dimensional tensors stay float32 and every matrix, the embedding included, gets the
type. Needs gguf.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import gguf
import numpy

TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
OUTER_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def read_tensors(folder: Path):
    """Every tensor of the folder's safetensors files as float32, by its name."""
    for path in sorted(folder.glob("*.safetensors")):
        data = numpy.memmap(path, numpy.uint8, mode="r")
        start = 8 + int.from_bytes(data[:8].tobytes(), "little")
        for name, entry in json.loads(data[8:start].tobytes()).items():
            if name == "__metadata__":
                continue
            low, high = entry["data_offsets"]
            yield (
                name,
                widened(data[start + low : start + high], entry["dtype"], name).reshape(entry["shape"]),
            )


def widened(data: numpy.ndarray, dtype: str, name: str) -> numpy.ndarray:
    raw = data.tobytes()
    match dtype:
        case "F32":
            return numpy.frombuffer(raw, numpy.float32)
        case "F16":
            return numpy.frombuffer(raw, numpy.float16).astype(numpy.float32)
        case "BF16":
            return (numpy.frombuffer(raw, numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32)
    sys.exit(f"{name} is {dtype}; expected F32, F16 or BF16.")


def interleaved(matrix: numpy.ndarray, heads: int) -> numpy.ndarray:
    """The rows of a q or k projection as llama.cpp rotates them.

    Hugging Face pairs row i of a head with row i + d/2; llama.cpp pairs rows 2i and 2i + 1.
    """
    rows, columns = matrix.shape
    halves = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def gguf_name(name: str) -> str:
    stem = name.removesuffix(".weight")
    if stem in OUTER_NAMES:
        return f"{OUTER_NAMES[stem]}.weight"
    prefix, layer, rest = (stem.split(".", 3) + [""] * 4)[1:4]
    if prefix != "layers" or rest not in LAYER_NAMES:
        sys.exit(f"The tensor {name} is none of a Llama model; expected no other.")
    return f"blk.{layer}.{LAYER_NAMES[rest]}.weight"


def frequency_factors(rope: dict, head_size: int) -> numpy.ndarray | None:
    """What llama.cpp divides each rotation frequency by; None for plain rotation."""
    match rope.get("rope_type", rope.get("type", "default")):
        case "default":
            return None
        case "llama3":
            base = rope["rope_theta"] ** (numpy.arange(0, head_size, 2) / head_size)
            turns = rope["original_max_position_embeddings"] / (2 * math.pi * base)
            low, high = rope["low_freq_factor"], rope["high_freq_factor"]
            share = numpy.clip((turns - low) / (high - low), 0, 1)
            return (1 / (share + (1 - share) / rope["factor"])).astype(numpy.float32)
        case other:
            sys.exit(f'config.json: the rotation is "{other}"; expected default or llama3.')


def write(folder: Path, output: Path, type_name: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    if config["model_type"] != "llama":
        sys.exit(f'{folder}/config.json: "model_type" is {config["model_type"]}; expected llama.')
    heads = config["num_attention_heads"]
    key_heads = config.get("num_key_value_heads") or heads
    head_size = config.get("head_dim") or config["hidden_size"] // heads
    # Two generations of config.json keep the rotation in different places.
    rope = {"rope_theta": config.get("rope_theta", 10000.0)}
    rope |= config.get("rope_scaling") or {}
    rope |= config.get("rope_parameters") or {}
    matrix_type, file_type = TYPES[type_name]

    writer = gguf.GGUFWriter(output, "llama")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(file_type)
    writer.add_tokenizer_model("no_vocab")

    for name, tensor in read_tensors(folder):
        if name == "lm_head.weight" and config.get("tie_word_embeddings"):
            continue
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            tensor = interleaved(tensor, heads if "q_proj" in name else key_heads)
        if tensor.ndim == 1 or type_name == "f32":
            writer.add_tensor(gguf_name(name), tensor)
        else:
            writer.add_tensor(
                gguf_name(name), gguf.quants.quantize(tensor, matrix_type), raw_dtype=matrix_type
            )
    factors = frequency_factors(rope, head_size)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", factors)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="Hugging Face folder of a Llama model")
    parser.add_argument("output", type=Path, help="the .gguf file to write")
    parser.add_argument("--type", choices=TYPES, default="bf16")
    arguments = parser.parse_args()
    write(arguments.model, arguments.output, arguments.type)


if __name__ == "__main__":
    main()
