"""Writes references/statistics/ beside this file: what SciPy and NumPy make of numbers that the tests give too.

    python -m venv venv && venv/bin/pip install scipy scikit-learn numpy
    venv/bin/python make_statistics.py
"""

import difflib
import json
import re
from collections import Counter
from pathlib import Path

import numpy
from scipy.spatial.distance import cosine, jensenshannon
from scipy.stats import binomtest, wasserstein_distance
from sklearn.feature_extraction.text import TfidfVectorizer
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
    """Cosine delta with every writer's reference texts weighing the same: four by one, two by another."""
    writers = [[0, 1, 2, 3], [4, 5]]
    texts = [text.split() for text in TEXTS]
    weights = numpy.array([1 / (len(writers) * len(writer)) for writer in writers for _ in writer])
    vocabulary = sorted({word for text in texts for word in text})
    frequencies = numpy.array([[text.count(word) / len(text) for word in vocabulary] for text in texts])
    means = numpy.average(frequencies, axis=0, weights=weights)
    order = sorted(range(len(vocabulary)), key=lambda place: (-round(means[place], 12), vocabulary[place]))[:12]
    deviations = numpy.sqrt(numpy.average((frequencies - means) ** 2, axis=0, weights=weights))
    z = ((frequencies - means) / deviations)[:, order]
    return {
        "writers": writers,
        "words": [vocabulary[place] for place in order],
        "pairs": [
            {"left": left, "right": right, "distance": float(cosine(z[left], z[right]))}
            for left in range(6)
            for right in range(left)
        ],
    }


# Prose with what texts have: marks, contractions, curly quotes, accents, paragraphs of several sentences.
PROSE = [
    "It rained. We didn't go; nobody did!\n\n\u201cWhere to?\u201d he asked (twice). To the caf\u00e9 \u2014 the old one.",
    "The cafe was shut.\n\nWhat of it? We'd a kettle, a lamp, and time\u2026 They said: \"Stay.\"\nSo we stayed.",
    "A well-kept shop has no sign - it has a queue. It\u2019s the queue that you see, isn't it?\n\nAnd you wait; you wait.",
]


def units() -> list[dict]:
    """Words, sentences, paragraphs and marks of the prose, by regular expressions."""
    rows = []
    for text in PROSE:
        word = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
        paragraphs = [part for part in re.split(r"\n\s*\n", text) if word.search(part)]
        sentences = [part for p in paragraphs for part in re.split(r"(?<=[.!?\u2026])[\"'\u201d\u2019)\]]*\s+", p)]
        straight = text.translate(str.maketrans("\u201c\u201d\u2018\u2019", "\"\"''"))
        rows.append(
            {
                "text": text,
                "words": [found.lower().replace("\u2019", "'") for found in word.findall(text)],
                "sentences": [len(word.findall(part)) for part in sentences if word.search(part)],
                "paragraphs": [len(word.findall(part)) for part in paragraphs],
                "marks": [straight.count(mark) for mark in ",.;:\u2014\u2013-\u2026!?()\"'\n"],
            }
        )
    return rows


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
        a, b = random.integers(0, 50, left), random.integers(1, 70, right)
        rows.append({"left": a.tolist(), "right": b.tolist(), "distance": float(wasserstein_distance(a, b))})
    return rows


def grams() -> list[dict]:
    texts = [re.sub(r"\s+", " ", text) for text in PROSE]
    totals = Counter(text[start : start + 4] for text in map(str.lower, texts) for start in range(len(text) - 3))
    vocabulary = [gram for gram, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:50]]
    weights = TfidfVectorizer(analyzer="char", ngram_range=(4, 4), vocabulary=vocabulary).fit_transform(texts)
    matrix = cosine_distances(weights)
    return [
        {"left": left, "right": right, "distance": float(matrix[left, right])}
        for left in range(len(texts))
        for right in range(left)
    ]


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
        "units": units(),
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
