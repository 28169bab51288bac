"""Many runs of one small transformer at once, in TransformerLens's names and arithmetic: every tensor has the run as its first axis."""
import math

import torch

SIZES = {'d_model': 24, 'n_heads': 4, 'd_head': 6, 'd_mlp': 40, 'n_layers': 2, 'd_vocab': 5, 'n_ctx': 4, 'd_vocab_out': 2}
#: names of the tensors that are zero, and never trained, where attention is constant
QUERIES_AND_KEYS = tuple(f'blocks.{layer}.attn.W_{x}' for layer in range(2) for x in 'QK')


def shapes(d_mlp=SIZES['d_mlp']):
    d, h, k = SIZES['d_model'], SIZES['n_heads'], SIZES['d_head']
    found = {'embed.W_E': (SIZES['d_vocab'], d), 'pos_embed.W_pos': (SIZES['n_ctx'], d), 'unembed.W_U': (d, SIZES['d_vocab_out'])}
    for layer in range(SIZES['n_layers']):
        at = f'blocks.{layer}'
        found |= {f'{at}.attn.W_{x}': (h, d, k) for x in 'QKV'}
        found |= {f'{at}.attn.W_O': (h, k, d), f'{at}.mlp.W_in': (d, d_mlp), f'{at}.mlp.b_in': (d_mlp,), f'{at}.mlp.W_out': (d_mlp, d), f'{at}.mlp.b_out': (d,)}
    return found


def initial(seeds, d_mlp=SIZES['d_mlp'], constant=False):
    """Every run from its own seed, whatever the other runs are. Matrices are normal with deviation 1 / sqrt(fan in), biases zero."""
    runs = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        weights = {}
        for name, shape in shapes(d_mlp).items():
            fan = SIZES['n_heads'] * SIZES['d_head'] if name.endswith('W_O') else shape[-2] if len(shape) > 1 else 1
            if name.startswith(('embed', 'pos')):
                fan = 4
            made = torch.randn(shape, generator=generator) / math.sqrt(fan)
            zero = len(shape) == 1 or (constant and name in QUERIES_AND_KEYS)
            weights[name] = torch.zeros(shape) if zero else made
        runs.append(weights)
    return {name: torch.stack([weights[name] for weights in runs]) for name in shapes(d_mlp)}


def forward(weights, tokens, patterns=None, mid=None):
    """
    tokens [n, 4], the same for all runs. What the last position shows: logits [runs, n, 2], residuals [runs, n, 24] (embedding, after layer 0, after layer 1)
    and attention patterns, a list by layer of [runs, n, head, query, key] (of the last layer only the last query).
    patterns replaces the patterns (a list, None keeps); mid replaces the last position's residual after layer 0.
    """
    runs, n = weights['embed.W_E'].shape[0], tokens.shape[0]
    d, h, k = SIZES['d_model'], SIZES['n_heads'], SIZES['d_head']
    x = weights['embed.W_E'][:, tokens] + weights['pos_embed.W_pos'][:, None]
    residuals, seen = [x[:, :, -1]], []
    causal = torch.full((4, 4), -math.inf).triu(1)
    for layer in range(SIZES['n_layers']):
        at = f'blocks.{layer}'
        last = layer == SIZES['n_layers'] - 1
        asking = x[:, :, -1:] if last else x

        def heads(of, name):
            weight = weights[f'{at}.attn.{name}'].permute(0, 2, 1, 3).reshape(runs, d, h * k)
            return torch.bmm(of.reshape(runs, -1, d), weight).view(runs, n, -1, h, k).permute(0, 1, 3, 2, 4)

        scores = heads(asking, 'W_Q') @ heads(x, 'W_K').transpose(-1, -2) / math.sqrt(k)
        pattern = torch.softmax(scores + (causal[-1:] if last else causal), -1)
        if patterns is not None and patterns[layer] is not None:
            pattern = patterns[layer].expand_as(pattern)
        seen.append(pattern)
        z = (pattern @ heads(x, 'W_V')).permute(0, 1, 3, 2, 4).reshape(runs, -1, h * k)
        x = asking + torch.bmm(z, weights[f'{at}.attn.W_O'].reshape(runs, h * k, d)).view(asking.shape)
        flat = x.reshape(runs, -1, d)
        hidden = torch.relu(torch.baddbmm(weights[f'{at}.mlp.b_in'][:, None], flat, weights[f'{at}.mlp.W_in']))
        x = x + torch.baddbmm(weights[f'{at}.mlp.b_out'][:, None], hidden, weights[f'{at}.mlp.W_out']).view(x.shape)
        if layer == 0 and mid is not None:
            x = torch.cat([x[:, :, :-1], mid[:, :, None]], 2)
        residuals.append(x[:, :, -1])
    return torch.bmm(residuals[-1], weights['unembed.W_U']), residuals, seen
