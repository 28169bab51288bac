"""Small tokenizers of every supported kind, trained with the `tokenizers` library, and what transformers makes of tricky texts with them.

    python3 make_tokenizers.py [folder] [random texts per tokenizer] [seed]

writes fixtures/<name>/tokenizer.json, tokenizer_config.json and fixtures/cases.json. Needs tokenizers and transformers.
The training text is written here. A larger number of random texts makes a fuzz test.
"""
import json
import os
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

here = os.path.dirname(os.path.abspath(__file__))
folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, 'fixtures')
count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0

corpus = [
    'When Mary and John went to the store, John gave a drink to Mary.',
    'The quick brown fox jumps over the lazy dog; the dog sleeps on, as dogs do.',
    'In 1984 there were 365 days, and 24 hours in each: 8760 hours in all.',
    "It's what they've said: we're not sure, I'd say, but you'll see. Don't!",
    'def add(a, b):\n    return a + b\n\nprint(add(1, 2))\n',
    'Ein Bär aß süße Äpfel; la niña mañana; un café crème; naïve coöperation.',
    'Привет, мир! Это простой текст.',
    '日本語の文章です。中文句子。',
    'once upon a time, there was a little girl named Lily. She loved to play outside in the park.',
] * 4

LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def train(tok, trainer):
    tok.train_from_iterator(corpus, trainer)
    return tok


def byte_level(size, prefix=False, special=('<|endoftext|>',), pre=None):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre or pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tok.decoder = decoders.ByteLevel()
    tok.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(tok, trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))


def gpt2():
    return byte_level(400), {'bos_token': '<|endoftext|>', 'eos_token': '<|endoftext|>', 'unk_token': '<|endoftext|>', 'add_prefix_space': False, 'clean_up_tokenization_spaces': True}


def gpt2_prefix():
    # transformers does not look at add_bos_token where there is a tokenizer.json: its post-processor holds
    return byte_level(340, prefix=True), {'bos_token': '<|endoftext|>', 'eos_token': '<|endoftext|>', 'add_bos_token': True, 'add_prefix_space': True}


def neox():
    tok = byte_level(380, special=('<|endoftext|>', '<|padding|>'))
    tok.normalizer = normalizers.NFC()
    # runs of spaces are tokens that are not special, as in Pythia
    tok.add_tokens([AddedToken(' ' * n, normalized=True, special=False) for n in range(8, 1, -1)])
    return tok, {'bos_token': '<|endoftext|>', 'eos_token': '<|endoftext|>', 'pad_token': '<|padding|>'}


def llama_model(size):
    trainer_tok = Tokenizer(models.BPE(unk_token='<unk>', fuse_unk=True, byte_fallback=True))
    trainer_tok.normalizer = normalizers.Sequence([normalizers.Prepend('▁'), normalizers.Replace(' ', '▁')])
    special = ['<unk>', '<s>', '</s>'] + ['<0x%02X>' % i for i in range(256)]
    tok = train(trainer_tok, trainers.BpeTrainer(vocab_size=size, special_tokens=special, limit_alphabet=90, max_token_length=12, show_progress=False))
    # the bytes are tokens of the model, not added ones
    spec = json.loads(tok.to_str())
    spec['added_tokens'] = [t for t in spec['added_tokens'] if t['content'] in ('<unk>', '<s>', '</s>')]
    tok = Tokenizer.from_str(json.dumps(spec))
    tok.post_processor = processors.TemplateProcessing(single='<s> $A', pair='<s> $A <s> $B', special_tokens=[('<s>', 1)])
    return tok


LLAMA_CONFIG = {'bos_token': {'__type': 'AddedToken', 'content': '<s>', 'lstrip': False, 'normalized': False, 'rstrip': False, 'single_word': False}, 'eos_token': '</s>', 'unk_token': '<unk>'}


def llama():
    tok = llama_model(460)
    tok.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)])
    return tok, {**LLAMA_CONFIG, 'add_bos_token': True, 'add_eos_token': False}


def llama_metaspace():
    tok = llama_model(420)
    tok.normalizer = None
    tok.pre_tokenizer = pre_tokenizers.Metaspace(replacement='▁', prepend_scheme='first', split=False)
    tok.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(' ', 1, 0)])
    # a special token that only tokenizer_config.json has
    return tok, {**LLAMA_CONFIG, 'pad_token': '<pad>'}


def llama3():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), behavior='isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok = byte_level(400, special=('<|begin_of_text|>', '<|end_of_text|>'), pre=pre)
    tok.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single='<|begin_of_text|> $A', pair='<|begin_of_text|> $A $B', special_tokens=[('<|begin_of_text|>', 0)])]
    )
    spec = json.loads(tok.to_str())
    spec['model']['ignore_merges'] = True
    return Tokenizer.from_str(json.dumps(spec)), {'bos_token': '<|begin_of_text|>', 'eos_token': '<|end_of_text|>', 'clean_up_tokenization_spaces': True}


def digits():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation(behavior='isolated'), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    return byte_level(340, pre=pre), {'bos_token': '<|endoftext|>'}


def whitespace():
    tok = Tokenizer(models.BPE(unk_token='[UNK]', fuse_unk=True))
    tok.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(), normalizers.Replace(Regex(r'[“”]'), '$&"')])
    tok.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Whitespace()])
    return train(tok, trainers.BpeTrainer(vocab_size=160, special_tokens=['[UNK]'], limit_alphabet=60, show_progress=False)), {'unk_token': '[UNK]'}


def unigram():
    tok = Tokenizer(models.Unigram())
    tok.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(' {2,}'), ' ')])
    tok.pre_tokenizer = pre_tokenizers.Metaspace()
    tok.decoder = decoders.Metaspace()
    tok = train(tok, trainers.UnigramTrainer(vocab_size=220, special_tokens=['<s>', '<pad>', '</s>', '<unk>'], unk_token='<unk>', show_progress=False))
    tok.post_processor = processors.TemplateProcessing(single='$A </s>', pair='$A </s> $B </s>', special_tokens=[('</s>', 2)])
    return tok, {'bos_token': '<s>', 'eos_token': '</s>', 'unk_token': '<unk>', 'pad_token': '<pad>'}


def unigram_bytes():
    tok = unigram()[0]
    spec = json.loads(tok.to_str())
    spec['model']['byte_fallback'] = True
    spec['model']['vocab'] += [['<0x%02X>' % i, -20.0] for i in range(256)]
    spec['decoder'] = {'type': 'Sequence', 'decoders': [{'type': 'ByteFallback'}, {'type': 'Metaspace', 'replacement': '▁', 'prepend_scheme': 'always', 'split': True}]}
    return Tokenizer.from_str(json.dumps(spec)), {'unk_token': '<unk>'}


def wordpiece():
    tok = Tokenizer(models.WordPiece(unk_token='[UNK]'))
    tok.normalizer = normalizers.BertNormalizer()
    tok.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tok.decoder = decoders.WordPiece()
    tok = train(tok, trainers.WordPieceTrainer(vocab_size=260, special_tokens=['[PAD]', '[UNK]', '[CLS]', '[SEP]'], show_progress=False))
    tok.post_processor = processors.BertProcessing(('[SEP]', 3), ('[CLS]', 2))
    return tok, {'unk_token': '[UNK]', 'cls_token': '[CLS]', 'sep_token': '[SEP]', 'pad_token': '[PAD]'}


kinds = [gpt2, gpt2_prefix, neox, llama, llama_metaspace, llama3, digits, whitespace, unigram, unigram_bytes, wordpiece]

tricky = [
    '', ' ', '  ', '   \t ', '\n', '\r\n', '\n\n\n', 'a', ' a', 'a ', ' Mary', 'Mary', 'When Mary and John went to the store,', 'the  store', 'the   store    now',
    "it's we're I'LL they've DON'T", '1234567890', '3.14159 2½ ①②③ ٣٤٥ Ⅻ', 'naïve café', 'cafe\u0301 A\u030a', 'ﬁ ﬂ Ａ１', 'Straße GROẞ ΟΔΟΣ İstanbul', 'Привет мир', '日本語 中文 𠀀𠀁', '👍🏽 👨‍👩‍👧‍👦 🇩🇪', 'a👍b',
    'def f(x):\n\treturn x\n', 'x = "y" \\ z', '"', '\\', '#', '"#"', '\x00\x01\x7f', 'a\x00b', '\u0085x\u0085', 'a\ufeffb \ufeff', '\u00a0x\u00a0\u00a0y', '\u2003\u2028\u3000', '\u200bzero\u200cwidth\u200d', '\ufffd', '▁', '▁▁a', 'a▁b ▁ c', '##ing',
    '<s>', '</s>', '<s>a</s>', ' <s> a', '<|endoftext|>', 'a<|endoftext|> b', '<|endoftext|><|endoftext|>', '<|begin_of_text|>x', '<unk>', '[UNK]', '[CLS] a [SEP]', '<pad>', '<0x0A>', '<0x', '<S>',
    '…—“quoted”', '$& $1 $$', 'e' * 120, 'the' * 40, ' '.join(['dog'] * 30), '\u0130\u0131', 'Ω≈ç√∫˜µ≤≥÷', 'กำ ไทย', 'हिन्दी', 'שלום עולם', 'x\ty\r\rz', '     five', '         nine', "'s's 't", '\U0001f1e6', '\u0301', 'a\u0301\u0301',
]

alphabet = list('abcdehlmnorstuyABM 0123456789') + [' ', ' ', '  ', '\n', '\t', "'", "'s", '.', ',', '-', '_', '(', '"', '\\', 'é', 'e\u0301', 'ß', 'İ', 'Σ', 'ς', 'я', 'П', '日', '本', '𠀀', '👍', '\u200d', '\ufeff', '\u0085', '\u00a0', '\u2028',
                                                  '½', '٣', 'Ⅻ', '▁', '\x00', '\x7f', '\ufffd', '<s>', '</s>', '<unk>', '<|endoftext|>', '[UNK]', 'Mary', ' the', ' store', 'ing', 'ﬁ', '\u0301', '²', '$', '“', '$&', '\u00ad', '\ue000', '\u0378']

os.makedirs(folder, exist_ok=True)
out = []
for kind in kinds:
    name = kind.__name__.replace('_', '-')
    tok, config = kind()
    at = os.path.join(folder, name)
    os.makedirs(at, exist_ok=True)
    tok.save(os.path.join(at, 'tokenizer.json'), pretty=False)
    with open(os.path.join(at, 'tokenizer_config.json'), 'w') as f:
        json.dump({**config, 'tokenizer_class': 'PreTrainedTokenizerFast', 'model_max_length': 1000000000000000019884624838656}, f)
    fast = PreTrainedTokenizerFast.from_pretrained(at)
    draw = random.Random(f'{name} {seed}')
    texts = tricky + [''.join(draw.choice(alphabet) for _ in range(draw.randint(1, 14))) for _ in range(count)]
    size = len(fast)
    cases = []
    for text in texts:
        ids = fast.encode(text)
        cases.append([text, ids, fast.decode(ids, clean_up_tokenization_spaces=False)])
    # any tokens, also such as no text gives
    streams = []
    for _ in range(count):
        ids = [draw.randrange(size) for _ in range(draw.randint(1, 8))]
        streams.append([ids, fast.decode(ids, clean_up_tokenization_spaces=False)])
    out.append({'name': name, 'size': size, 'cases': cases, 'streams': streams})
with open(os.path.join(folder, 'cases.json'), 'w') as f:
    json.dump(out, f, ensure_ascii=True, separators=(',', ':'))
    f.write('\n')
