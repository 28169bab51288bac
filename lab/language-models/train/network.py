"""Several transformers of one shape at once, as Hugging Face's GPT-2 and GPT-NeoX compute: every weight has a first axis, the model's."""
import math

import torch
from torch.nn import functional as F

ROTARY_SHARE = 0.5


def shapes(family, d, layers, vocabulary, positions):
    """name -> (shape, kind of initial value)"""
    found = {'wte': ((vocabulary, d), 'weight'), 'ln_f.w': ((d,), 'one'), 'ln_f.b': ((d,), 'zero')}
    if family == 'gpt2':
        found['wpe'] = ((positions, d), 'weight')
    else:
        found['head'] = ((d, vocabulary), 'weight')
    for i in range(layers):
        for ln in ('ln1', 'ln2'):
            found[f'{i}.{ln}.w'], found[f'{i}.{ln}.b'] = ((d,), 'one'), ((d,), 'zero')
        for name, rows, columns in (('qkv', d, 3 * d), ('o', d, d), ('in', d, 4 * d), ('out', 4 * d, d)):
            found[f'{i}.{name}.w'] = ((rows, columns), 'out' if name in ('o', 'out') else 'weight')
            found[f'{i}.{name}.b'] = ((columns,), 'zero')
    return found


def initial(table, layers, seeds):
    """Parameters for models with these seeds."""
    values = {}
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    for name, (shape, kind) in table.items():
        if kind in ('one', 'zero'):
            values[name] = torch.full((len(seeds), *shape), float(kind == 'one'))
        else:
            scale = (1 / math.sqrt(shape[0]) if len(shape) == 2 and name not in ('wte', 'wpe') else 0.2) / (
                math.sqrt(2 * layers) if kind == 'out' else 1)
            values[name] = torch.stack([torch.randn(shape, generator=g) * scale for g in generators])
    return {name: value.requires_grad_() for name, value in values.items()}


class Network:
    def __init__(self, family, layers, heads, p):
        self.family, self.layers, self.heads, self.p = family, layers, heads, p

    def norm(self, x, name):
        mean = x.mean(-1, keepdim=True)
        centred = x - mean
        scaled = centred * torch.rsqrt((centred * centred).mean(-1, keepdim=True) + 1e-5)
        return scaled * self.p[f'{name}.w'][:, None, None] + self.p[f'{name}.b'][:, None, None]

    def linear(self, x, name):
        m, b, t, d = x.shape
        return torch.baddbmm(self.p[f'{name}.b'][:, None], x.reshape(m, b * t, d), self.p[f'{name}.w']).view(m, b, t, -1)

    def turned(self, x):
        """Rotary positions on the first half of a head's features, Hugging Face's way: halves, not neighbours."""
        count, t = int(x.shape[-1] * ROTARY_SHARE), x.shape[-2]
        angles = torch.arange(t)[:, None] / 10000 ** (torch.arange(0, count, 2) / count)
        cos, sin = angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)
        part, rest = x[..., :count], x[..., count:]
        swapped = torch.cat([-part[..., count // 2:], part[..., :count // 2]], -1)
        return torch.cat([part * cos + swapped * sin, rest], -1)

    def attention(self, x, i, query_at=None):
        m, b, t, d = x.shape
        k = d // self.heads
        q, key, v = self.linear(x, f'{i}.qkv').view(m, b, t, 3, self.heads, k).permute(3, 0, 1, 4, 2, 5)
        if self.family == 'gpt_neox':
            q, key = self.turned(q), self.turned(key)
        scores = q @ key.transpose(-1, -2) / math.sqrt(k)
        weights = (scores + torch.full((t, t), -1e9).triu(1)).softmax(-1)
        return self.linear((weights @ v).transpose(2, 3).reshape(m, b, t, d), f'{i}.o')

    def mlp(self, x, i):
        inner = self.linear(x, f'{i}.in')
        return self.linear(F.gelu(inner, approximate='tanh') if self.family == 'gpt2' else F.gelu(inner), f'{i}.out')

    def block(self, x, i):
        if self.family == 'gpt2':
            x = x + self.attention(self.norm(x, f'{i}.ln1'), i)
            return x + self.mlp(self.norm(x, f'{i}.ln2'), i)
        return x + self.attention(self.norm(x, f'{i}.ln1'), i) + self.mlp(self.norm(x, f'{i}.ln2'), i)

    def embed(self, tokens):
        """tokens [m, b, t]"""
        m, b, t = tokens.shape
        x = torch.stack([F.embedding(tokens[i], self.p['wte'][i]) for i in range(m)])
        return x + self.p['wpe'][:, None, :t] if self.family == 'gpt2' else x

    def answers(self, x):
        """logits of a stream [m, n, d]"""
        x = self.norm(x[:, :, None], 'ln_f')[:, :, 0]
        return x @ (self.p['wte'].transpose(1, 2) if self.family == 'gpt2' else self.p['head'])

    def blocks(self, x, first, last):
        for i in range(first, last):
            x = self.block(x, i)
        return x
