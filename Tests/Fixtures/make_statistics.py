"""Writes references/statistics/ beside this file: what SciPy and NumPy make of numbers that the tests give too.

    python -m venv venv && venv/bin/pip install scipy scikit-learn numpy
    venv/bin/python make_statistics.py
"""

import json
from pathlib import Path

import numpy
from scipy.stats import binomtest

FOLDER = Path(__file__).resolve().parent / "references" / "statistics"


def wilson() -> list[dict]:
    counts = [(0, 1), (1, 1), (0, 20), (1, 29), (15, 148), (36, 50), (50, 50), (81, 263), (4999, 5000)]
    rows = []
    for passes, trials in counts:
        interval = binomtest(passes, trials).proportion_ci(0.95, method="wilson")
        rows.append({"passes": passes, "trials": trials, "lower": interval.low, "upper": interval.high})
    return rows


def percentiles() -> list[dict]:
    random = numpy.random.default_rng(7)
    rows = []
    for count in (1, 2, 7, 50, 101):
        values = [round(float(value), 3) for value in random.gamma(2, 400, count)]
        rows.append(
            {"values": values, "p50": float(numpy.percentile(values, 50)), "p95": float(numpy.percentile(values, 95))}
        )
    return rows


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    gate = {"wilson": wilson(), "percentiles": percentiles()}
    (FOLDER / "gate.json").write_text(json.dumps(gate, indent=1) + "\n")


if __name__ == "__main__":
    main()
