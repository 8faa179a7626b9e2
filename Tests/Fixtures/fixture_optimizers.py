"""references/optimizers: what torch.optim.AdamW and torch.optim.Muon do to a few small tensors.

torch's Muon orthogonalises in bfloat16, whose rounding (2⁻⁹) would hide mistakes. Its Newton–Schulz iteration is
therefore replaced by the same iteration in float64; everything else of its step (momentum, Nesterov, decay, the
factor on the rate and their order) is torch's own code.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.optim import _muon

STEPS = 6
RATES = [0.01, 0.02, 0.03, 0.02, 0.01, 0.005]
WEIGHT_DECAY = 0.5
GRADIENT_SCALE = 0.25
# Names decide which optimizer moves a tensor: matrices inside the layers go to Muon.
SHAPES = {
    "model.embed_tokens.weight": (7, 6),
    "model.layers.0.input_layernorm.weight": (6,),
    "model.layers.0.self_attn.q_proj.weight": (6, 6),
    "model.layers.0.mlp.gate_proj.weight": (17, 6),
    "model.layers.0.mlp.down_proj.weight": (6, 17),
    "model.norm.weight": (6,),
}


def newton_schulz(gradient, coefficients, steps, eps):
    a, b, c = coefficients
    x = gradient.double()
    if gradient.size(0) > gradient.size(1):
        x = x.T
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    if gradient.size(0) > gradient.size(1):
        x = x.T
    return x.float()


def is_matrix_of_a_layer(name: str) -> bool:
    return len(SHAPES[name]) == 2 and name.startswith("model.layers.")


def adamw(parameters: dict, beta2: float) -> torch.optim.Optimizer:
    matrices = [p for p in parameters.values() if p.ndim == 2]
    vectors = [p for p in parameters.values() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW([g for g in groups if g["params"]], betas=(0.9, beta2), eps=1e-8)


def run(optimizers, parameters: dict, gradients: list[dict]) -> None:
    for rate, step in zip(RATES, gradients, strict=True):
        for name, parameter in parameters.items():
            parameter.grad = step[name] * GRADIENT_SCALE
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()


def write_optimizers(references: Path) -> None:
    _muon._zeropower_via_newtonschulz = newton_schulz
    generator = torch.Generator().manual_seed(1)
    initial = {name: torch.randn(shape, generator=generator) for name, shape in SHAPES.items()}
    # Sizes that differ by tensor and step, so that a confused moment shows.
    gradients = [
        {
            name: torch.randn(shape, generator=generator) * 10.0 ** (index - 3) * (step + 1)
            for index, (name, shape) in enumerate(SHAPES.items())
        }
        for step in range(STEPS)
    ]
    tensors = {f"initial.{name}": value for name, value in initial.items()}
    for step, values in enumerate(gradients):
        tensors |= {f"gradient.{step}.{name}": value for name, value in values.items()}

    def fresh() -> dict:
        return {name: torch.nn.Parameter(value.clone()) for name, value in initial.items()}

    parameters = fresh()
    run([adamw(parameters, 0.999)], parameters, gradients)
    tensors |= {f"adamw.{name}": value.detach() for name, value in parameters.items()}

    parameters = fresh()
    inner = {name: value for name, value in parameters.items() if is_matrix_of_a_layer(name)}
    others = {name: value for name, value in parameters.items() if name not in inner}
    muon = torch.optim.Muon(
        list(inner.values()), weight_decay=WEIGHT_DECAY, momentum=0.95, nesterov=True, ns_steps=5,
        adjust_lr_fn="match_rms_adamw",
    )
    run([muon, adamw(others, 0.95)], parameters, gradients)
    tensors |= {f"muon.{name}": value.detach() for name, value in parameters.items()}

    folder = references / "optimizers"
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "optimizers.safetensors")
    manifest = {
        "rates": RATES,
        "weightDecay": WEIGHT_DECAY,
        "gradientScale": GRADIENT_SCALE,
        "shapes": {name: list(shape) for name, shape in SHAPES.items()},
    }
    (folder / "optimizers.json").write_text(json.dumps(manifest) + "\n", "utf-8")
