"""GPT-2 as transformers has it, names of weights included, with a head of words or of groups."""
import math

import torch
from torch import nn
from torch.nn import functional as F


class Conv1D(nn.Module):
    """A linear map that stores [in, out]."""

    def __init__(self, rows, columns, scale):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rows, columns) * scale)
        self.bias = nn.Parameter(torch.zeros(columns))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, d, heads, scale):
        super().__init__()
        self.heads = heads
        self.c_attn, self.c_proj = Conv1D(d, 3 * d, scale), Conv1D(d, d, scale / 2)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.c_attn(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        return self.c_proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        scale = 1 / math.sqrt(d)
        self.ln_1, self.ln_2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attn = Attention(d, heads, scale)
        self.mlp = nn.ModuleDict(dict(c_fc=Conv1D(d, 4 * d, scale), c_proj=Conv1D(4 * d, d, scale / 4)))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp['c_proj'](F.gelu(self.mlp['c_fc'](self.ln_2(x)), approximate='tanh'))


class Network(nn.Module):
    def __init__(self, vocabulary, context, layers, d, heads, labels=None):
        super().__init__()
        self.spec = dict(layers=layers, d=d, heads=heads)
        self.transformer = nn.ModuleDict(dict(wte=nn.Embedding(vocabulary, d), wpe=nn.Embedding(context, d),
                                              h=nn.ModuleList(Block(d, heads) for _ in range(layers)), ln_f=nn.LayerNorm(d)))
        nn.init.normal_(self.transformer['wte'].weight, std=0.1)
        nn.init.normal_(self.transformer['wpe'].weight, std=0.1)
        if labels is not None:
            self.classifier = nn.Linear(d, labels)

    def stream(self, tokens):
        """What the head reads."""
        x = self.transformer['wte'](tokens) + self.transformer['wpe'].weight[:tokens.shape[1]]
        for block in self.transformer['h']:
            x = block(x)
        return self.transformer['ln_f'](x)

    def answers(self, x):
        return self.classifier(x) if hasattr(self, 'classifier') else x @ self.transformer['wte'].weight.T
