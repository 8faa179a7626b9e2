"""Writes references/statistics/ beside this file: what SciPy and NumPy make of numbers that the tests give too.

    python -m venv venv && venv/bin/pip install scipy scikit-learn numpy
    venv/bin/python make_statistics.py
"""

import difflib
import itertools
import json
import re
from collections import Counter
from pathlib import Path

import numpy
from scipy.spatial.distance import cosine, jensenshannon
from scipy.stats import binomtest, bootstrap, chi2_contingency, kurtosis, norm, wasserstein_distance
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


def quantiles() -> list[dict]:
    shares = (1e-6, 0.025, 0.5, 0.501, 0.8, 0.95, 0.975, 1 - 0.05 / 6, 0.99375, 0.9999, 1 - 1e-9)
    return [{"share": share, "point": float(norm.ppf(share))} for share in shares]


def detectable() -> list[dict]:
    rows = []
    for error, alpha in ((1.0, 0.05), (0.013, 0.0125), (41.5, 0.05 / 3)):
        rows.append({"error": error, "alpha": alpha, "effect": float((norm.ppf(1 - alpha / 2) + norm.ppf(0.8)) * error)})
    return rows


def draws() -> list[dict]:
    """Statistics of pieces of which some are drawn twice or not at all."""
    random = numpy.random.default_rng(19)
    rows = []
    for pieces in (1, 2, 5, 24):
        counts = random.multinomial(pieces, [1 / pieces] * pieces)
        values = [[round(float(value), 2) for value in random.gamma(3, 100, 1 + piece % 3)] for piece in range(pieces)]
        nats = [round(float(value), 2) for value in random.gamma(3, 200, pieces)]
        size = [int(value) for value in random.integers(100, 2000, pieces)]
        drawn = [value for piece, count in enumerate(counts) for value in values[piece] * int(count)]
        rows.append(
            {
                "counts": counts.tolist(),
                "values": values,
                "nats": nats,
                "bytes": size,
                "mean": float(numpy.mean(drawn)),
                "p95": float(numpy.percentile(drawn, 95)),
                "p50": float(numpy.percentile(drawn, 50)),
                "bits_per_byte": float(counts @ nats / (numpy.log(2) * (counts @ size))),
            }
        )
    return rows


def exhaustive() -> list[dict]:
    """The mean over every one of the n to the n equally likely draws of n values."""
    random = numpy.random.default_rng(23)
    rows = []
    for count in (3, 6):
        values = [round(float(value), 3) for value in random.normal(1, 2, count)]
        means = numpy.array([numpy.mean(draw) for draw in itertools.product(values, repeat=count)])
        sides, counts = numpy.unique(means.round(9), return_counts=True)
        rows.append(
            {
                "values": values,
                "error": float(means.std()),
                "kurtosis": float(kurtosis(means, fisher=False)),
                "means": sides.tolist(),
                "shares": (counts.cumsum() / counts.sum()).tolist(),
            }
        )
    return rows


def corrected() -> list[dict]:
    """Bias-corrected and accelerated intervals from given draws, by the formula and, nearly, by SciPy's own."""
    random = numpy.random.default_rng(31)
    rows = []
    for count in (8, 20):
        values = numpy.array([round(float(value), 3) for value in random.gamma(1, 2, count)])
        # The standard deviation of a skewed sample: biased, and its spread grows with it.
        point, draws = values.std(), numpy.array([random.choice(values, count).std() for _ in range(400)]).round(6)
        left_out = numpy.array([numpy.delete(values, piece).std() for piece in range(count)])
        influence = left_out.mean() - left_out
        acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
        bias = norm.ppf(((draws < point).sum() + (draws == point).sum() / 2 + 0.5) / (len(draws) + 1))
        ends = []
        for share in (0.025, 0.975):
            z = bias + norm.ppf(share)
            ends.append(float(numpy.quantile(draws, norm.cdf(bias + z / (1 - acceleration * z)))))
        scipy = bootstrap((values,), numpy.std, n_resamples=20000, random_state=37).confidence_interval
        assert numpy.abs(numpy.array(scipy) - ends).max() < 0.15 * (ends[1] - ends[0]), (scipy, ends)
        rows.append(
            {
                "values": values.tolist(),
                "point": float(point),
                "draws": numpy.sort(draws).tolist(),
                "acceleration": float(acceleration),
                "interval": ends,
            }
        )
    return rows


def likelihoods() -> list[dict]:
    rows = []
    for left, left_total, right, right_total in ((5, 100, 1, 200), (0, 50, 7, 50), (12, 900, 12, 1100), (60, 800, 9, 70)):
        table = [[left, left_total - left], [right, right_total - right]]
        value = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
        rows.append({"uses": [left, right], "totals": [left_total, right_total], "likelihood": float(value)})
    return rows


def shares() -> list[dict]:
    random = numpy.random.default_rng(29)
    rows = []
    for count, width, bins in ((1, 4, 3), (80, 4, 12), (200, 16, 12)):
        lengths = random.integers(1, 60, count)
        edges = [0.5 + width * bin for bin in range(bins)] + [numpy.inf]
        found, _ = numpy.histogram(lengths, edges)
        rows.append(
            {"lengths": lengths.tolist(), "bin": width, "bins": bins, "percent": (100 * found / count).tolist()}
        )
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
    verdict = {
        "quantiles": quantiles(),
        "detectable": detectable(),
        "draws": draws(),
        "exhaustive": exhaustive(),
        "corrected": corrected(),
        "likelihoods": likelihoods(),
        "shares": shares(),
    }
    for name, content in (("gate", gate), ("voice", voice), ("verdict", verdict)):
        (FOLDER / f"{name}.json").write_text(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
