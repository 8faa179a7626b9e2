"""Writes references/statistics/ beside this file: what SciPy and NumPy make of numbers that the tests give too.

    python -m venv venv && venv/bin/pip install scipy scikit-learn numpy
    venv/bin/python make_statistics.py
"""

import difflib
import json
from collections import Counter
from pathlib import Path

import numpy
from scipy.spatial.distance import cosine, jensenshannon
from scipy.stats import binomtest, wasserstein_distance
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import cosine_distances

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


# Six texts of words that overlap in part; the first two copy from each other.
TEXTS = [
    "the lamp on the shelf went out and the room was dark for an hour before the lamp came back and it was late",
    "a bell rang at the door and the room was dark for an hour before the lamp came back but it was not you",
    "we waited at the station for a train that was late and the clock on the wall had stopped at four",
    "it was a small house and it had a small door and it was never locked for it had no lock at all",
    "you said that the kettle would sing but it was the wind at the window and not the kettle that sang",
    "on the hill the wind had no house to go round and so it went on and on to the sea and back",
]


def delta() -> dict:
    texts = [text.split() for text in TEXTS]
    totals = Counter(word for text in texts for word in text)
    words = [word for word, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:12]]
    frequencies = numpy.array([[text.count(word) / len(text) for word in words] for text in texts])
    z = (frequencies - frequencies.mean(axis=0)) / frequencies.std(axis=0, ddof=1)
    pairs = [(left, right) for left in range(6) for right in range(left)]
    return {
        "count": 12,
        "pairs": [
            {
                "left": left,
                "right": right,
                "burrows": float(numpy.abs(z[left] - z[right]).mean()),
                "cosine": float(cosine(z[left], z[right])),
            }
            for left, right in pairs
        ],
    }


def divergences() -> list[dict]:
    random = numpy.random.default_rng(11)
    rows = []
    for size in (1, 3, 40):
        left, right = (random.integers(0, 9, size) + 1 for _ in range(2))
        value = float(jensenshannon(left, right, base=2)) ** 2
        rows.append({"left": left.tolist(), "right": right.tolist(), "divergence": value})
    rows.append({"left": [3, 0], "right": [0, 5], "divergence": float(jensenshannon([3, 0], [0, 5], base=2)) ** 2})
    return rows


def distances() -> list[dict]:
    random = numpy.random.default_rng(13)
    rows = []
    for left, right in ((1, 1), (3, 5), (40, 60)):
        a, b = random.integers(1, 50, left), random.integers(1, 70, right)
        rows.append({"left": a.tolist(), "right": b.tolist(), "distance": float(wasserstein_distance(a, b))})
    return rows


def grams() -> list[dict]:
    counts = CountVectorizer(analyzer="char", ngram_range=(4, 4)).fit_transform(TEXTS)
    matrix = cosine_distances(counts)
    return [{"left": 0, "right": other, "distance": float(matrix[0, other])} for other in range(1, 6)]


def copying() -> list[dict]:
    def runs(words: list[str]) -> set[tuple[str, ...]]:
        return {tuple(words[start : start + 8]) for start in range(len(words) - 7)}

    rows = []
    for left, right in ((0, 1), (0, 3), (1, 2)):
        a, b = TEXTS[left].split(), TEXTS[right].split()
        match = difflib.SequenceMatcher(None, a, b, autojunk=False).find_longest_match()
        shared = len(runs(a) & runs(b)) / len(runs(a))
        rows.append({"left": left, "right": right, "longest": match.size, "containment": shared})
    return rows


def areas() -> list[dict]:
    random = numpy.random.default_rng(17)
    rows = []
    for same, different in ((1, 1), (5, 8), (30, 20)):
        near = [round(float(value), 1) for value in random.normal(1, 1, same)]
        far = [round(float(value), 1) for value in random.normal(2, 1, different)]
        area = float(roc_auc_score([0] * same + [1] * different, near + far))
        rows.append({"same": near, "different": far, "area": area})
    return rows


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    gate = {"wilson": wilson(), "percentiles": percentiles()}
    voice = {
        "texts": TEXTS,
        "delta": delta(),
        "divergences": divergences(),
        "distances": distances(),
        "grams": grams(),
        "copying": copying(),
        "areas": areas(),
    }
    for name, content in (("gate", gate), ("voice", voice)):
        (FOLDER / f"{name}.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
