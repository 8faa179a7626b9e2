"""The llama.cpp side of compare_llamacpp.py: one process that scores token ids or times generation.

It calls llama_decode directly, as llama.cpp's own benchmark does: no sampling and no text in the time.
"""

import argparse
import ctypes
import json
import random
import time
from pathlib import Path

import llama_cpp
import numpy


class Session:
    """A model and one context, with room for `capacity` tokens."""

    def __init__(self, path: Path, capacity: int, threads: int, flash_attention: bool, exact: bool):
        self._silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(self._silent, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        settings = llama_cpp.llama_model_default_params()
        settings.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), settings)
        if not self.model:
            raise SystemExit(f"llama.cpp cannot load {path}.")
        context = llama_cpp.llama_context_default_params()
        context.n_ctx = capacity
        context.n_batch = context.n_ubatch = 512
        context.n_threads = context.n_threads_batch = threads
        on, off = llama_cpp.LLAMA_FLASH_ATTN_TYPE_ENABLED, llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        context.flash_attn_type = on if flash_attention else off
        if exact:  # the cache is float16 otherwise
            context.type_k = context.type_v = llama_cpp.GGML_TYPE_F32
        self.context = llama_cpp.llama_init_from_model(self.model, context)
        if not self.context:
            raise SystemExit(f"llama.cpp cannot make a context of {capacity} tokens for {path}.")
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.batch = llama_cpp.llama_batch_init(512, 0, 1)
        self.position = 0

    def restart(self) -> None:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)
        self.position = 0

    def decode(self, ids: list[int], all_logits: bool = False) -> None:
        """Feeds up to 512 tokens; the logits are those of the last, or of all."""
        batch = self.batch
        batch.n_tokens = len(ids)
        for index, token in enumerate(ids):
            batch.token[index] = token
            batch.pos[index] = self.position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = all_logits or index == len(ids) - 1
        if code := llama_cpp.llama_decode(self.context, batch):
            raise SystemExit(f"llama_decode of {len(ids)} tokens gave {code}; expected 0.")
        llama_cpp.llama_synchronize(self.context)
        self.position += len(ids)

    def logits(self, count: int) -> numpy.ndarray:
        pointer = llama_cpp.llama_get_logits(self.context)
        return numpy.ctypeslib.as_array(pointer, shape=(count, self.vocabulary)).copy()


def loss(session: Session, ids: list[int]) -> float:
    """The mean negative log-likelihood of every id after the first, in nats."""
    session.restart()
    session.decode(ids, all_logits=True)
    logits = session.logits(len(ids))[:-1].astype(numpy.float64)
    logits -= logits.max(axis=1, keepdims=True)
    likelihood = logits[numpy.arange(len(ids) - 1), ids[1:]] - numpy.log(numpy.exp(logits).sum(axis=1))
    return float(-likelihood.mean())


def generation(session: Session, prompt: list[int], tokens: list[int]) -> tuple[float, float]:
    """Tokens a second of reading the prompt, at most 512 at a time, and of writing on from it."""
    session.restart()
    started = time.perf_counter()
    for at in range(0, len(prompt), 512):
        session.decode(prompt[at : at + 512])
    read = time.perf_counter()
    for token in tokens:
        session.decode([token])
    written = time.perf_counter()
    return len(prompt) / (read - started), len(tokens) / (written - read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--flash-attention", action="store_true")
    parser.add_argument("--score", type=Path, help="JSON list of id lists; prints the loss of each")
    parser.add_argument("--prompt-tokens", type=int, default=512)
    parser.add_argument("--draft-tokens", type=int, default=64)
    parser.add_argument("--generations", type=int, default=3)
    arguments = parser.parse_args()
    rows = json.loads(arguments.score.read_text()) if arguments.score else []
    capacity = 512 if rows else arguments.prompt_tokens + arguments.draft_tokens
    session = Session(
        arguments.model, capacity, arguments.threads, arguments.flash_attention, exact=bool(rows)
    )
    if rows:
        print(json.dumps({"losses": [loss(session, ids) for ids in rows]}))
        return
    generator = random.Random(0)
    prompt = generator.choices(range(session.vocabulary), k=arguments.prompt_tokens)
    tokens = generator.choices(range(session.vocabulary), k=arguments.draft_tokens)
    # The first generation touches the buffers.
    figures = [generation(session, prompt, tokens) for _ in range(arguments.generations + 1)][1:]
    prefill, decode = zip(*figures, strict=True)
    system = llama_cpp.llama_print_system_info().decode()
    print(json.dumps({"prefill": prefill, "decode": decode, "system": system}))


if __name__ == "__main__":
    main()
