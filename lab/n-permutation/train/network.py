"""Many small transformers at once, in TransformerLens's names and arithmetic. Every tensor has the run as its first axis; runs of other sizes are masked."""
import math

import torch

from causal import N

#: largest sizes; a run has these or smaller ones
MOST = {'n_layers': 3, 'd_model': 18, 'n_heads': 3, 'd_head': 6, 'd_mlp': 28}
BASE = {'n_layers': 3, 'd_model': 16, 'n_heads': 2, 'd_head': 6, 'd_mlp': 24}
#: the residual stream after attention and after the MLP of each block, in order
SITES = [f'blocks.{layer}.hook_resid_{at}' for layer in range(MOST['n_layers']) for at in ('mid', 'post')]


def shapes(size):
    d, h, k, m = size['d_model'], size['n_heads'], size['d_head'], size['d_mlp']
    found = {'embed.W_E': (N + 1, d), 'pos_embed.W_pos': (N + 1, d), 'unembed.W_U': (d, 2), 'unembed.b_U': (2,)}
    for layer in range(size['n_layers']):
        at = f'blocks.{layer}'
        found |= {f'{at}.attn.W_{x}': (h, d, k) for x in 'QKV'}
        found |= {f'{at}.attn.W_O': (h, k, d), f'{at}.mlp.W_in': (d, m), f'{at}.mlp.b_in': (m,), f'{at}.mlp.W_out': (m, d), f'{at}.mlp.b_out': (d,)}
    return found


def largest(sizes):
    return {name: max(size[name] for size in sizes) for name in MOST}


def initial(seeds, sizes):
    """Weights and masks (1 where a run has the entry): each run from its own seed. Matrices are normal with deviation 1 / sqrt(fan in), biases zero."""
    most = shapes(largest(sizes))
    weights = {name: torch.zeros(len(seeds), *shape) for name, shape in most.items()}
    masks = {name: torch.zeros(len(seeds), *shape) for name, shape in most.items()}
    for run, (seed, size) in enumerate(zip(seeds, sizes)):
        generator = torch.Generator().manual_seed(seed)
        for name, shape in shapes(size).items():
            fan = size['n_heads'] * size['d_head'] if name.endswith('W_O') else 4 if 'embed.W_E' in name or 'pos' in name else shape[-2] if len(shape) > 1 else 1
            own = (run, *(slice(0, length) for length in shape))
            masks[name][own] = 1
            if len(shape) > 1:
                weights[name][own] = torch.randn(shape, generator=generator) / math.sqrt(fan)
    return weights, masks


def forward(weights, tokens, swap=None):
    """
    tokens [n, N + 1], the same for all runs. Returns logits [runs, n, N + 1, 2] and the residual stream at each site, a list of [runs, n, N + 1, d_model].
    swap: for each site [runs, n or 1, N + 1, d_model] of truth values (None: nothing), and what takes the place of the activation where it is true.
    """
    runs, n = weights['embed.W_E'].shape[0], tokens.shape[0]
    x = weights['embed.W_E'][:, tokens] + weights['pos_embed.W_pos'][:, None]
    seen = []

    def at_site(x):
        if swap is not None and swap[len(seen)] is not None:
            where, value = swap[len(seen)]
            x = torch.where(where, value, x)
        seen.append(x)
        return x

    layer = 0
    while f'blocks.{layer}.attn.W_Q' in weights:
        at = f'blocks.{layer}'
        h, d, k = weights[f'{at}.attn.W_Q'].shape[1:]

        def heads(name):
            weight = weights[f'{at}.attn.{name}'].permute(0, 2, 1, 3).reshape(runs, d, h * k)
            return torch.bmm(x.reshape(runs, -1, d), weight).view(runs, n, -1, h, k).permute(0, 1, 3, 2, 4)

        pattern = torch.softmax(heads('W_Q') @ heads('W_K').transpose(-1, -2) / math.sqrt(k), -1)
        z = (pattern @ heads('W_V')).permute(0, 1, 3, 2, 4).reshape(runs, -1, h * k)
        x = at_site(x + torch.bmm(z, weights[f'{at}.attn.W_O'].reshape(runs, h * k, d)).view(x.shape))
        hidden = torch.relu(torch.baddbmm(weights[f'{at}.mlp.b_in'][:, None], x.reshape(runs, -1, d), weights[f'{at}.mlp.W_in']))
        x = at_site(x + torch.baddbmm(weights[f'{at}.mlp.b_out'][:, None], hidden, weights[f'{at}.mlp.W_out']).view(x.shape))
        layer += 1
    return torch.baddbmm(weights['unembed.b_U'][:, None], x.reshape(runs, -1, x.shape[-1]), weights['unembed.W_U']).view(runs, n, -1, 2), seen
