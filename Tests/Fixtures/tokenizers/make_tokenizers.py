"""Trains small tokenizers of the families that the Tokenizer module reads, and records their ids.

    pip install tokenizers==0.23.3
    python make_tokenizers.py

Writes NAME.json (a tokenizer.json each), what they were trained on as corpus.txt, and golden.json beside this
script, the same bytes every time. All text in here was written for this project.
"""

import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, processors, trainers
from tokenizers import pre_tokenizers as pre

HERE = Path(__file__).parent

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")

CORPUS = """\
The kettle on the stove began to sing before the rain had stopped, and nobody in the house was in a hurry.
She wrote the letter twice, once for herself and once for the reader, and posted the second in the morning.
We don't know what they'll say; I've asked, you're asking, he's sure that it won't matter, and she'd agree.
A workshop keeps its own hours. The lathe hums, the glue dries, and the clock above the door is always late.
In 1987 there were 24 boats in the harbour; in 2024 there were 7, and 3 of them were for sale at 1,250 each.
Der Regen fiel die ganze Nacht, und am Morgen standen überall Pfützen; größer als die Straße war keine.
Le café du coin ferme à dix heures, mais l'été on reste dehors jusqu'à ce que la lumière s'éteigne.
El niño corrió por la calle con una piña en la mano y nadie le preguntó adónde iba, señor.
Старый мост над рекой скрипел на ветру, и никто не помнил, когда его строили в последний раз.
Η θάλασσα ήταν ήρεμη το πρωί και το μικρό καράβι έφυγε χωρίς κανέναν να το δει.
القطار يصل في المساء والمدينة هادئة والناس في البيوت ينتظرون المطر.
बारिश के बाद गाँव की सड़क पर मिट्टी की खुशबू थी और बच्चे खेल रहे थे।
雨停了以后，小城的街道很安静，只有钟楼的声音还在响。
朝の駅はまだ静かで、売店の人だけが新聞を並べていた。
비가 그친 뒤에 마을 길은 조용했고 아이들은 마당에서 놀았다.
ฝนหยุดแล้ว ถนนในเมืองเล็กเงียบสงบ
    def total(items):
        return sum(item.price * item.count for item in items)  # in cents
"""

TEXTS = [
    "",
    " ",
    "\n",
    "a",
    "Hello, world!",
    "The kettle that would not whistle",
    "We don't, we DON'T, it's IT'S they're THEY'RE I'm I'M you've 'tis 'Twas 'd 'LL 'lL 'ſ x'ſy",
    "' 's's'' ''t '' re 're're ' ve",
    "  two  spaces   three    four and a tab\tand\t\ttwo",
    "line\nline\n\nline\r\nline\r\rline \n line\t\n\t line  \n\n  line",
    "trailing spaces   ",
    "trailing newline\n",
    "trailing both \n \n",
    "   leading",
    "\n\n\nleading",
    " \n \r\n \t ",
    "no-break\u00a0space\u00a0\u00a0twice, next\u0085line\u0085\u0085, line\u2028sep\u2029par, em\u2003space\u3000wide",
    "zero\u200bwidth\u200cjoin\u200der\ufeff bom\u180e mongolian",
    "1 12 123 1234 12345 1234567890 3.14 1,000,000 0x1F 2nd ½ ² Ⅷ ٣٤٥ १२३ 一二三 ①②③ 10²",
    "a1b22c333d4444",
    "!!! ... --- ?!? (a) [b] {c} <d> \"e\" `f` «g» “h” ‘i’ — – …",
    "foo.bar(baz)[0] != qux->quux::corge; // comment\n\t\treturn x+=1;\n",
    "https://example.org/a/b?c=d&e=f#g user@example.org C:\\dir\\file.txt",
    "snake_case camelCase kebab-case SCREAMING_CASE __dunder__",
    "straße Straße STRASSE café cafe\u0301 naïve nai\u0308ve Å A\u030a \u212b ﬁ ﬀ ǆ",
    "e\u0301e\u0301\u0302 a\u0323\u0307 a\u0307\u0323 q\u0307\u0323 \u0301alone",
    "\u1100\u1161\u11a8 각 \uac00\u11a8 한국어 \u1112\u1161\u11ab",
    "\u0915\u093c \u0958 \u09c7\u09be \u09cb \u0b47\u0b3e",
    "Ω \u2126 K \u212a 豈 \uf900 \u2f800",
    "Старый мост над рекой",
    "Η θάλασσα ήταν ήρεμη",
    "القطار يصل في المساء، ١٢٣ والمدينة",
    "עִבְרִית שלום",
    "बारिश के बाद गाँव की सड़क १२३",
    "தமிழ் மொழி తెలుగు ಕನ್ನಡ മലയാളം",
    "ฝนหยุดแล้ว ถนนในเมือง ๑๒๓",
    "雨停了以后，小城的街道很安静。",
    "朝の駅はまだ静かで、カタカナもある。",
    "비가 그친 뒤에 마을 길은",
    "mixed 中文 and English混合text 한글 and кириллица",
    "😀 😃😄 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 ❤️ 🇩🇪🇫🇷 ☺︎ 1️⃣",
    "\u0000\u0001\u0002 \u001b[31mred\u001b[0m \u007f \u0080\u009f \u000b\u000c \u001c\u001d\u001e\u001f",
    "\U0010ffff \ue000 \uffff \ufffd \U000e0041 \U0001d54f\U0001d400 \U00020000\U0002a6d6 \U0001f9ff",
    "\u1c89\u1c8a \ua7cb \U00010d40\U00010d4a \U00011de0\U00011de1 \U0001ccf0",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "thethethethethetheandandandandtheandthe" * 4,
    "=" * 70 + "\n" + "-" * 70,
    "<|endoftext|>",
    "before<|endoftext|>after",
    " <|endoftext|> <|endoftext|>\n<|endoftext|><|endoftext|>",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "<|begin_of_text|>again<|end_of_text|><|eot_id|>",
    "<|endoftext|<|endoftext|>|> <|im_start <|im_start|",
    "<tool_call>{\"a\": 1}</tool_call> <tool_call>x",
    "  <left>  <right>  <both>  x<left>y<right>z<both>w \t<left>\n<right>\r\n<both>\u3000",
    "<left><left> <left>  <right> <right><both> <both>",
    "word xword wordx x word, word. éword word\u0301 _word 9word word9 (word) word",
    "words word-word wordword",
    "caf\u00e9 token cafe\u0301 token CAF\u00c9",
    "<abc <abcd <ab <abcde",
]


def random_texts(count, seed):
    """Random strings that join what pre-tokenizers take apart."""
    draw = random.Random(seed)
    words = [word for line in CORPUS.splitlines() for word in line.split()]
    special = ["<|endoftext|>", "<|im_start|>", "<|begin_of_text|>", "<left>", "<right>", "<both>", "word", "<abc"]
    spaces = [" ", " ", "  ", "\n", "\r\n", "\n\n", "\t", " \n", "\u00a0", "\u3000", "\u2028", "\u0085", "\u000b"]
    marks = ["'s", "'LL", "'", "\u2019", ".", ",", "!?", "--", "_", "\u0301", "\u200d", "\ufe0f", "\u0000", "…"]
    blocks = [(0x20, 0x7F), (0x80, 0x250), (0x300, 0x370), (0x370, 0x600), (0x900, 0xE80), (0x1100, 0x1200),
              (0x1E00, 0x2100), (0x2100, 0x2C00), (0x3040, 0x3200), (0x4E00, 0x5000), (0xAC00, 0xAE00),
              (0xF900, 0xFB00), (0xFE00, 0x10000), (0x1D400, 0x1D800), (0x1F300, 0x1FB00), (0x20, 0x110000)]

    def scalar():
        low, high = draw.choice(blocks)
        value = draw.randrange(low, high)
        return chr(value) if not 0xD800 <= value < 0xE000 else "x"

    texts = []
    for _ in range(count):
        parts = []
        for _ in range(draw.randrange(1, 16)):
            kind = draw.randrange(8)
            parts.append(
                draw.choice(words) if kind < 2
                else draw.choice(spaces) if kind < 4
                else draw.choice(marks) if kind == 4
                else str(draw.randrange(10 ** draw.randrange(1, 8))) if kind == 5
                else draw.choice(special) if kind == 6 and draw.random() < 0.3
                else "".join(scalar() for _ in range(draw.randrange(1, 5))))
        texts.append("".join(parts))
    return texts


def train(pre_tokenizer, size, special, normalizer=None, whole_alphabet=True, unknown=None):
    tokenizer = Tokenizer(models.BPE(unk_token=unknown))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        CORPUS.splitlines(keepends=True),
        trainers.BpeTrainer(
            vocab_size=size, min_frequency=2, special_tokens=special, show_progress=False,
            initial_alphabet=pre.ByteLevel.alphabet() if whole_alphabet else []))
    return tokenizer


def byte_level(**options):
    return pre.ByteLevel(**{"add_prefix_space": False, "use_regex": True} | options)


def split(pattern):
    return pre.Sequence([pre.Split(Regex(pattern), "isolated"), byte_level(use_regex=False)])


def make_gpt2():
    tokenizer = train(byte_level(), 620, ["<|endoftext|>"])
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def make_llama3():
    tokenizer = train(split(LLAMA3), 700, [])
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"])
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B:1",
            special_tokens=[("<|begin_of_text|>", begin)]),
    ])
    return tokenizer


def make_qwen2():
    tokenizer = train(split(QWEN2), 660, [], normalizers.NFC())
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<tool_call>", normalized=False), AddedToken("</tool_call>", normalized=False)])
    return tokenizer


def make_smollm2():
    """Without the whole alphabet: bytes that the corpus does not have get no id."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return train(pre.Sequence([pre.Digits(True), byte_level()]), 640, special, whole_alphabet=False)


def make_flags():
    """Every flag of an added token, an unknown token, a space before the text, a template on both sides."""
    tokenizer = train(
        pre.Sequence([pre.Digits(False), byte_level(add_prefix_space=True)]), 560, ["<s>", "</s>", "<unk>"],
        normalizers.Sequence([normalizers.NFC()]), whole_alphabet=False, unknown="<unk>")
    tokenizer.add_tokens([
        AddedToken("<left>", lstrip=True, normalized=False),
        AddedToken("<right>", rstrip=True, normalized=False),
        AddedToken("<both>", lstrip=True, rstrip=True, normalized=True),
        AddedToken("word", single_word=True, normalized=False),
        AddedToken("cafe\u0301", normalized=True),
        AddedToken("<abc", normalized=False),
        AddedToken("<abcd", normalized=False),
    ])
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", single_word=True, normalized=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return tokenizer


def as_older_releases_write(content):
    """Merges as "a b" strings and no model type, as in the file of GPT-2."""
    del content["model"]["type"]
    content["model"]["merges"] = [" ".join(merge) for merge in content["model"]["merges"]]


def main():
    (HERE / "corpus.txt").write_text(CORPUS, encoding="utf-8")
    texts = TEXTS + random_texts(60, seed=1)
    golden = {"texts": texts, "ids": {}, "ids_with_special_tokens": {}, "decoded": {}}
    for name, make in [
        ("gpt2", make_gpt2), ("llama3", make_llama3), ("qwen2", make_qwen2), ("smollm2", make_smollm2),
        ("flags", make_flags),
    ]:
        content = json.loads(make().to_str())
        if name == "gpt2":
            as_older_releases_write(content)
        if name == "llama3":
            content["model"]["ignore_merges"] = True
        written = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        (HERE / f"{name}.json").write_text(written + "\n", encoding="utf-8")
        tokenizer = Tokenizer.from_str(written)
        plain = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        golden["ids"][name] = plain
        golden["ids_with_special_tokens"][name] = [
            tokenizer.encode(text, add_special_tokens=True).ids for text in texts[:8]]
        if name != "flags":  # The library decodes the added "café" as Latin-1, which is no UTF-8.
            golden["decoded"][name] = [tokenizer.decode(ids, skip_special_tokens=True) for ids in plain[:60]]
    (HERE / "golden.json").write_text(
        json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
