"""The texts that the fixtures are made from, written for this project."""

# What the tiny vocabularies are trained on: ordinary prose, so that common words become merges.
VOCABULARY = """
The kettle on the back shelf would not boil, so the boiler was taken down and the shelf with it.
There is a sound that a thing makes when it is about to stop, and there is the sound of the stop itself.
I wrote the second one down. The thing about the hinge is that nobody thanks it, and the thing about the
door is that everybody does. She said the other door was there for the weather, and the weather agreed.
When the rain had gone the others went out to the yard to look at the roof, and the roof looked at them.
It was 1987 or it was 1978; the ledger says both. Then the ink ran, and the reading of it ran after the ink.
"""

# Inputs of the logits references: short, middling, and with accents, digits and a code point of four bytes.
LOGITS = [
    "The hinge",
    "Rain on 12 roofs, then none.",
    "Naïve 🕰 — she'll\n\n\twait.",
]

# Inputs of the gradient references, each with the number of leading tokens that carry no label.
GRADIENTS = [
    ("Then the ink ran.", 0),
    ("The door was there for the weather.", 6),
    ("She'd written 1987, twice; the ledger agreed.", 11),
]

PROMPT = "The kettle on the"

# Rows of the training references: ten, of unequal length, one of them a single word.
ARCHIVE = [
    "The lamp flickered before the wire did.",
    "Measure the shelf, then the wall, then the shelf again.",
    "Oil.",
    "A drawer that sticks in winter is a barometer with a handle, and it costs nothing to read.",
    "I kept the broken dial. It is right about one thing: it stopped at 4:17.",
    "Café chairs — thirteen of them — none alike.",
    "The saw sang and the board answered.\nNobody else was listening.",
    "Paint hides the crack; it doesn't close it.",
    "Two screws left over. There are always two.",
    "When the bell rings twice the second ring is the one that means it, said the man who hung the bell.",
]

# Rows of the prompt-masking reference.
COMPLETIONS = [
    ("topic: a lamp\n\n", "The lamp flickered first."),
    ("topic: a drawer\nkind: note\n\n", "It sticks in winter, and then it doesn't."),
    ("Q: why two screws?\nA:", " Because there are always two."),
    ("bell", " rings twice"),
    ("topic: paint\nlength: 20 words\n\n", "Paint hides the crack; it is not a repair."),
    ("The saw", " sang."),
    ("topic: a café\n\n", "Thirteen chairs — none alike — and one table that knew them all."),
    ("Oil the hinge", ", then the other hinge."),
]
