"""Draws the first table of RESULTS.md, training beside PEFT, as training.svg: the picture in the README.

    python Benchmarks/draw_training.py
"""

import html
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
OURS = "lora-train"
ROW, BAR, TOP = 30, 18, 54  # heights in pixels
LABELS, PANEL, GAP = 208, 240, 66  # widths

STYLE = """
    text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: #1f2328; }
    .end { text-anchor: end; } .title { font-weight: 600; } .soft { fill: #666c75; } .peer { fill: #a9adb4; } .ours { fill: #1f5fbf; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6e4df; } .soft { fill: #9aa1ab; } .peer { fill: #6b717b; } .ours { fill: #74a9ff; }
    }"""


def rows() -> list[tuple[str, float, float]]:
    """Name, tokens a second and peak GiB at 4 x 256 tokens of each line of the table."""
    table = (FOLDER / "RESULTS.md").read_text().split("| SmolLM2-135M shape |", 1)[1].split("\n\n", 1)[0]
    found = []
    for line in table.splitlines()[2:]:
        name, speed, memory = (cell.strip() for cell in line.strip("|").split("|")[:3])
        found.append((name, float(re.match(r"[\d,]+", speed).group().replace(",", "")), float(memory)))
    return found


def panel(x: int, title: str, note: str, bars: list[tuple[str, float]], digits: int) -> list[str]:
    """One measure's bars, each with its figure behind it."""
    scale = PANEL / max(value for _, value in bars)
    lines = [
        f'<text class="title" x="{x}" y="20">{title}</text><text class="soft" x="{x}" y="38">{note}</text>'
    ]
    for place, (name, value) in enumerate(bars):
        y, kind = TOP + place * ROW, "ours" if name.startswith(OURS) else "peer"
        lines.append(
            f'<rect class="{kind}" x="{x}" y="{y}" width="{value * scale:.1f}" height="{BAR}" rx="2"/>'
        )
        lines.append(f'<text x="{x + value * scale + 6:.1f}" y="{y + 14}">{value:,.{digits}f}</text>')
    return lines


def drawing(found: list[tuple[str, float, float]]) -> str:
    width, height = LABELS + 2 * (PANEL + GAP), TOP + len(found) * ROW
    lines = [
        f'<text class="end" x="{LABELS - 12}" y="{TOP + place * ROW + 14}">{html.escape(name)}</text>'
        for place, (name, _, _) in enumerate(found)
    ]
    lines += panel(
        LABELS, "tokens a second", "longer is better", [(name, speed) for name, speed, _ in found], 0
    )
    second = LABELS + PANEL + GAP
    lines += panel(
        second, "peak memory, GiB", "shorter is better", [(name, size) for name, _, size in found], 2
    )
    label = "; ".join(f"{name}: {speed:,.0f} tokens/s, {size:.2f} GiB" for name, speed, size in found)
    body = "\n  ".join(lines)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{html.escape(label)}">
  <style>{STYLE}
  </style>
  {body}
</svg>
"""


if __name__ == "__main__":
    (FOLDER / "training.svg").write_text(drawing(rows()))
