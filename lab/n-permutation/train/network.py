"""A small transformer in TransformerLens's names and arithmetic."""
import math

import torch

from causal import N

BASE = {'n_layers': 4, 'd_model': 16, 'n_heads': 2, 'd_head': 6, 'd_mlp': 24}
#: the residual stream after attention and after the MLP of each block, in order; a smaller model has fewer
SITES = [f'blocks.{layer}.hook_resid_{at}' for layer in range(BASE['n_layers']) for at in ('mid', 'post')]


def shapes(size):
    """In the order of fit.c."""
    d, h, k, m = size['d_model'], size['n_heads'], size['d_head'], size['d_mlp']
    found = {'embed.W_E': (N + 1, d), 'pos_embed.W_pos': (N + 1, d)}
    for layer in range(size['n_layers']):
        at = f'blocks.{layer}'
        found |= {f'{at}.attn.W_{x}': (h, d, k) for x in 'QKV'}
        found |= {f'{at}.attn.W_O': (h, k, d), f'{at}.mlp.W_in': (d, m), f'{at}.mlp.b_in': (m,), f'{at}.mlp.W_out': (m, d), f'{at}.mlp.b_out': (d,)}
    return found | {'unembed.W_U': (d, 2), 'unembed.b_U': (2,)}


def initial(seed, size):
    """Matrices are normal with deviation 1 / sqrt(fan in), embeddings with 1 / 2; biases are zero."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes(size).items():
        fan = size['n_heads'] * size['d_head'] if name.endswith('W_O') else 4 if 'embed.' in name and 'unembed' not in name else shape[-2] if len(shape) > 1 else 1
        weights[name] = torch.randn(shape, generator=generator) / math.sqrt(fan) if len(shape) > 1 else torch.zeros(shape)
    return weights


def forward(weights, tokens, swap=None):
    """
    tokens [n, N + 1]. Returns logits [n, N + 1, 2] and the residual stream at each site, a list of [n, N + 1, d_model].
    swap: for each site None, or truth values [n, N + 1, d_model] and what takes the place of the activation where they are true.
    """
    x = weights['embed.W_E'][tokens] + weights['pos_embed.W_pos']
    seen = []

    def at_site(x):
        if swap is not None and swap[len(seen)] is not None:
            x = torch.where(swap[len(seen)][0], swap[len(seen)][1], x)
        seen.append(x)
        return x

    layer = 0
    while f'blocks.{layer}.attn.W_Q' in weights:
        at = f'blocks.{layer}'
        q, k, v = (torch.einsum('npd,hdk->nhpk', x, weights[f'{at}.attn.W_{name}']) for name in 'QKV')
        pattern = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), -1)
        x = at_site(x + torch.einsum('nhpk,hkd->npd', pattern @ v, weights[f'{at}.attn.W_O']))
        hidden = torch.relu(x @ weights[f'{at}.mlp.W_in'] + weights[f'{at}.mlp.b_in'])
        x = at_site(x + hidden @ weights[f'{at}.mlp.W_out'] + weights[f'{at}.mlp.b_out'])
        layer += 1
    return x @ weights['unembed.W_U'] + weights['unembed.b_U'], seen
