"""llama2.c's model and tokenizer in numpy, float64, after its run.c: what the loader is compared with.

    CONGRUITY_MODELS=<folder that holds stories260k/> python3 llama2c.py

writes fixtures/shared.bin and fixtures/own.bin (tiny random checkpoints, the second with a classifier of its own), fixtures/tiny.json (every
site on two inputs), and, where CONGRUITY_MODELS leads to the stories260k model, fixtures/stories260k.json: prompts, their tokens, the greedy continuation.
"""
import json
import os
import struct

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
fixtures = os.path.join(here, 'fixtures')
models = os.environ.get('CONGRUITY_MODELS')
stories = os.path.join(models, 'stories260k') if models else None


class Model:
    def __init__(self, data):
        self.dim, self.hidden, self.layers, self.heads, self.kv, vocab, self.length = struct.unpack_from('<7i', data)
        self.shared, self.vocab = vocab > 0, abs(vocab)
        self.hs = self.dim // self.heads
        self.at, self.data = 28, data
        L, d, h = self.layers, self.dim, self.hidden
        self.embedding = self.take(self.vocab, d)
        self.rms_att = self.take(L, d)
        self.wq = self.take(L, self.heads * self.hs, d)
        self.wk = self.take(L, self.kv * self.hs, d)
        self.wv = self.take(L, self.kv * self.hs, d)
        self.wo = self.take(L, d, self.heads * self.hs)
        self.rms_ffn = self.take(L, d)
        self.w1 = self.take(L, h, d)
        self.w2 = self.take(L, d, h)
        self.w3 = self.take(L, h, d)
        self.rms_final = self.take(d)
        self.take(self.length, self.hs // 2)
        self.take(self.length, self.hs // 2)
        self.classifier = self.embedding if self.shared else self.take(self.vocab, d)
        assert self.at == len(data)

    def take(self, *shape):
        n = int(np.prod(shape))
        values = np.frombuffer(self.data, '<f4', n, self.at).astype(np.float64).reshape(shape)
        self.at += 4 * n
        return values

    def start(self):
        """Keys and values of the tokens so far."""
        return [([], []) for _ in range(self.layers)]

    def step(self, token, pos, cache, see=lambda name, value: None):
        """One token, as run.c's forward: vectors only, one position at a time. `see` is shown what TransformerLens has names for."""

        def rmsnorm(x, w, name):
            scale = np.sqrt(np.mean(x * x) + 1e-5)
            see(f'{name}.hook_scale', np.array([scale]))
            see(f'{name}.hook_normalized', x / scale)
            return w * (x / scale)

        def rotate(x):
            out = x.copy()
            for head in range(len(x)):
                for i in range(0, self.hs, 2):
                    angle = pos * 10000.0 ** (-i / self.hs)
                    a, b = x[head, i], x[head, i + 1]
                    out[head, i] = a * np.cos(angle) - b * np.sin(angle)
                    out[head, i + 1] = a * np.sin(angle) + b * np.cos(angle)
            return out

        x = self.embedding[token].copy()
        see('hook_embed', x)
        for l in range(self.layers):
            b = f'blocks.{l}'
            see(f'{b}.hook_resid_pre', x)
            n = rmsnorm(x, self.rms_att[l], f'{b}.ln1')
            q = (self.wq[l] @ n).reshape(self.heads, self.hs)
            k = (self.wk[l] @ n).reshape(self.kv, self.hs)
            v = (self.wv[l] @ n).reshape(self.kv, self.hs)
            for name, value in (('q', q), ('k', k), ('v', v), ('rot_q', rotate(q)), ('rot_k', rotate(k))):
                see(f'{b}.attn.hook_{name}', value)
            keys, values = cache[l]
            keys.append(rotate(k))
            values.append(v)
            z = np.zeros((self.heads, self.hs))
            for head in range(self.heads):
                group = head // (self.heads // self.kv)
                scores = np.array([rotate(q)[head] @ key[group] for key in keys]) / np.sqrt(self.hs)
                e = np.exp(scores - scores.max())
                see(f'{b}.attn.hook_pattern/{head}', e / e.sum())
                z[head] = sum(p * value[group] for p, value in zip(e / e.sum(), values))
            see(f'{b}.attn.hook_z', z)
            out = self.wo[l] @ z.reshape(-1)
            see(f'{b}.hook_attn_out', out)
            x = x + out
            see(f'{b}.hook_resid_mid', x)
            n = rmsnorm(x, self.rms_ffn[l], f'{b}.ln2')
            gate, up = self.w1[l] @ n, self.w3[l] @ n
            post = gate / (1 + np.exp(-gate)) * up
            see(f'{b}.mlp.hook_pre', gate)
            see(f'{b}.mlp.hook_pre_linear', up)
            see(f'{b}.mlp.hook_post', post)
            out = self.w2[l] @ post
            see(f'{b}.hook_mlp_out', out)
            x = x + out
            see(f'{b}.hook_resid_post', x)
        return self.classifier @ rmsnorm(x, self.rms_final, 'ln_final')


class Tokenizer:
    def __init__(self, data, size):
        at = 4
        self.vocab, self.scores = [], []
        for _ in range(size):
            score, n = struct.unpack_from('<fi', data, at)
            self.vocab.append(data[at + 8 : at + 8 + n])
            self.scores.append(score)
            at += 8 + n
        assert at == len(data)
        self.ids = {}
        for i, piece in enumerate(self.vocab):
            self.ids.setdefault(piece, i)

    def encode(self, text):
        """run.c's encode, with BOS: the best pair of all, merged, until there is none."""
        tokens = [1]
        if text:
            tokens.append(self.ids[b' '])
        for c in text:
            b = c.encode()
            tokens += [self.ids[b]] if b in self.ids else [byte + 3 for byte in b]
        while True:
            best, where = -1e10, None
            for i in range(len(tokens) - 1):
                joined = self.ids.get(self.vocab[tokens[i]] + self.vocab[tokens[i + 1]])
                if joined is not None and self.scores[joined] > best:
                    best, where, token = self.scores[joined], i, joined
            if where is None:
                return tokens
            tokens[where : where + 2] = [token]

    def decode(self, tokens):
        out = b''
        for before, token in zip(tokens, tokens[1:]):
            piece = self.vocab[token]
            if before == 1 and piece.startswith(b' '):
                piece = piece[1:]
            if len(piece) == 6 and piece.startswith(b'<0x') and piece.endswith(b'>'):
                piece = bytes([int(piece[3:5], 16)])
            out += piece
        return out.decode('utf8', 'replace')


def tiny(name, shared, kv, seed):
    draw = np.random.RandomState(seed)
    d, hidden, layers, heads, vocab, length = 8, 12, 2, 4, 11, 6
    hs = d // heads
    shapes = [(vocab, d), (layers, d), (layers, d, d), (layers, kv * hs, d), (layers, kv * hs, d), (layers, d, d), (layers, d),
              (layers, hidden, d), (layers, d, hidden), (layers, hidden, d), (d,), (length, hs)] + ([] if shared else [(vocab, d)])
    data = struct.pack('<7i', d, hidden, layers, heads, kv, vocab if shared else -vocab, length)
    # the rotations are not read: they are made wrong here
    data += b''.join((0.5 * draw.randn(*shape)).astype('<f4').tobytes() for shape in shapes)
    with open(os.path.join(fixtures, f'{name}.bin'), 'wb') as f:
        f.write(data)
    model = Model(data)
    inputs = [[3, 0, 10, 7, 3, 1], [5, 5, 2, 9, 4, 8]]
    sites = {}
    for row, tokens in enumerate(inputs):
        cache = model.start()
        for pos, token in enumerate(tokens):
            def see(site, value):
                if '/' in site:
                    site, head = site.split('/')
                    whole = sites.setdefault(site, np.zeros((len(inputs), heads, len(tokens), len(tokens))))
                    whole[row, int(head), pos, : len(value)] = value
                else:
                    whole = sites.setdefault(site, np.zeros((len(inputs), len(tokens)) + value.shape))
                    whole[row, pos] = value
            see('logits', model.step(token, pos, cache, see))
    return {'name': name, 'inputs': inputs, 'sites': {site: {'shape': list(value.shape), 'data': [float('%.7g' % v) for v in value.reshape(-1)]} for site, value in sites.items()}}


os.makedirs(fixtures, exist_ok=True)
with open(os.path.join(fixtures, 'tiny.json'), 'w') as f:
    json.dump([tiny('shared', True, 2, 1), tiny('own', False, 4, 2)], f, separators=(',', ':'))
    f.write('\n')

if stories and os.path.exists(os.path.join(stories, 'checkpoint_legacy.bin')):
    model = Model(open(os.path.join(stories, 'checkpoint_legacy.bin'), 'rb').read())
    tokenizer = Tokenizer(open(os.path.join(stories, 'tokenizer.bin'), 'rb').read(), model.vocab)
    told = []
    for prompt, count in (('', 160), ('Once upon a time, there was a little dog', 100)):
        tokens = tokenizer.encode(prompt)
        start, cache, margin = len(tokens), model.start(), 1e9
        for pos in range(start + count):
            logits = model.step(tokens[pos], pos, cache)
            if pos == start - 1:
                first = logits
            if pos < start - 1:
                continue
            top = np.sort(logits)[-2:]
            margin = min(margin, top[1] - top[0])
            if len(tokens) < start + count:
                tokens.append(int(logits.argmax()))
        told.append({'prompt': prompt, 'start': start, 'tokens': tokens, 'text': tokenizer.decode(tokens), 'first': [float('%.6g' % v) for v in first], 'margin': float('%.3g' % margin)})
    texts = ['', ' ', 'a', ' Lily', 'Lily and Ben went to the park. "Hello!" said Lily.\n', 'naïve café 日本 👍', 'zzzzz  qqq\t\r\n', '<s>', '</s>', '<0x41>', '\x00', 'the the the', 'a' * 50, "It's 2024, isn't it?"]
    with open(os.path.join(fixtures, 'stories260k.json'), 'w') as f:
        json.dump({'told': told, 'texts': [[text, tokenizer.encode(text)] for text in texts]}, f, separators=(',', ':'))
        f.write('\n')
    for one in told:
        print(one['text'], one['margin'])
