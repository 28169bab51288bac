"""Strict interchange intervention training of one model, by fit.c, and what it comes to, measured with PyTorch."""
import ctypes
import subprocess
from pathlib import Path

import numpy as np
import torch

import causal
import network

N = causal.N
INPUTS = torch.cat([torch.full((len(causal.TOKENS), 1), N), causal.TOKENS], 1)
FIRST = causal.first()
YES, NO = causal.PERMUTATIONS.nonzero()[:, 0], (~causal.PERMUTATIONS).nonzero()[:, 0]
#: eight permutations and eight others, evenly spread
LISTED = torch.cat([rows[torch.arange(8) * len(rows) // 8] for rows in (YES, NO)])


class Alignment:
    """
    Features at two sites: those of the first variable at one, those of the second at a later one. An algorithm whose answer reads the first variable beside the second has it at the second
    site too, in features of its own.
    """

    def __init__(self, placed, d_model):
        self.site = [placed['first']['site'], placed['second']['site']]
        self.first, self.second = torch.zeros(2, len(network.SITES), d_model, dtype=torch.bool)
        self.first[self.site[0], placed['first']['features']] = True
        self.second[self.site[1], placed['second']['features']] = True
        if 'beside' in placed:
            self.first[self.site[1], placed['beside']] = True

    def outside(self, which):
        """At the first or the second site, the features that hold no variable: [sites, d_model]."""
        found = torch.zeros_like(self.first)
        site = self.site[which]
        found[site] = ~(self.first | self.second)[site]
        return found


def swapped(where, positions, source):
    """where [sites, d], positions [n, N + 1]: what `forward` takes."""
    return [(features & positions[:, :, None], value) if features.any() else None for features, value in zip(where, source)]


def mixed(base, source, positions):
    return torch.where(positions[None, :, 1:], source, base)


class Config(ctypes.Structure):
    """`Config` of fit.c."""

    FEATURES = 18
    _fields_ = [*((name, ctypes.c_int) for name in ('layers', 'd', 'h', 'k', 'm', 'algorithm')), ('site', ctypes.c_int * 2), ('holds', ctypes.c_ubyte * (2 * len(network.SITES) * FEATURES))]


def config_of(size, algorithm, alignment):
    holds = np.zeros((2, len(network.SITES), Config.FEATURES), np.uint8)
    holds[:, :, : size['d_model']] = torch.stack([alignment.first, alignment.second])
    own = Config(size['n_layers'], size['d_model'], size['n_heads'], size['d_head'], size['d_mlp'], algorithm)
    own.site[:] = alignment.site
    own.holds[:] = holds.ravel().tolist()
    return own


def library(folder):
    """fit.c, compiled for this machine."""
    path = Path(folder) / 'fit.so'
    subprocess.run(['cc', '-O3', '-march=native', '-ffast-math', '-shared', '-fPIC', str(Path(__file__).with_name('fit.c')), '-o', str(path), '-lm'], check=True)
    found = ctypes.CDLL(str(path))
    found.loss.restype = found.fit.restype = ctypes.c_double
    return found


def pointer(values):
    return values.ctypes.data_as(ctypes.c_void_p)


def flat(weights, readouts):
    """As fit.c has them; readouts are matrices from features to classes."""
    return np.concatenate([one.numpy().ravel() for one in [*weights.values(), *readouts]])


def fit(library, weights, size, config, *, seed, steps, rate=5e-3):
    """Trained weights."""
    generator = torch.Generator().manual_seed(seed)
    readouts = [0.1 * torch.randn(size['d_model'], classes, generator=generator) for classes in (causal.FIRST_CLASSES, causal.SECOND_CLASSES)]
    values = flat(weights, readouts)
    yes, no = (rows.numpy().astype(np.int32) for rows in (YES, NO))
    library.fit(ctypes.byref(config), pointer(values), pointer(yes), len(yes), pointer(no), len(no), ctypes.c_uint64(seed), steps, ctypes.c_float(rate))
    ends = np.cumsum([value.numel() for value in weights.values()])
    return {name: torch.from_numpy(part).view(value.shape) for (name, value), part in zip(weights.items(), np.split(values, ends))}


def some(count, generator):
    """Rows of inputs, half of them permutations."""
    half = count // 2
    rows = torch.cat([YES[torch.randint(len(YES), (half,), generator=generator)], NO[torch.randint(len(NO), (count - half,), generator=generator)]])
    return rows[torch.randperm(count, generator=generator)]


@torch.no_grad()
def measured(weights, alignment, algorithm, pairs=1024, seed=0):
    """
    Accuracy on all inputs (mean of that on permutations and on others); then interchange accuracy of either variable and strict accuracy, each twice: at some random positions of random pairs,
    and, as counts, on all pairs of LISTED, at all positions and at the first two tokens. Right is an answer that is right at every position.
    """
    values = FIRST
    classes = causal.second(values)
    yes = causal.answer(values, classes)
    logits, seen = network.forward(weights, INPUTS)

    def right(logits, expected):
        return (logits[:, 1:].argmax(-1) == expected[algorithm][:, None]).all(-1)

    own = right(logits, yes).float()

    def agreement(base, source, positions):
        """Of the first variable, the second, and what holds none at the site of the first and of the second."""
        at = lambda where: network.forward(weights, INPUTS[base], swapped(where, positions, [x[source] for x in seen]))[0]
        vm = mixed(values[:, base], values[:, source], positions)
        yield right(at(alignment.first), causal.answer(vm, causal.second(vm)))
        cm = mixed(classes[:, base], classes[:, source], positions)
        yield right(at(alignment.second), causal.answer(values[:, base], cm))
        for which in (0, 1):
            yield right(at(alignment.outside(which)), yes[:, base])

    generator = torch.Generator().manual_seed(seed)
    base, source = some(pairs, generator), some(pairs, generator)
    first, second, *strict = (one.float().mean().item() for one in agreement(base, source, torch.rand(pairs, N + 1, generator=generator) < 0.5))
    every = [rows.flatten() for rows in torch.meshgrid(LISTED, LISTED, indexing='ij')]
    counted = {}
    for name, positions in (('all', torch.ones(N + 1, dtype=torch.bool)), ('two', torch.tensor([False, True, True, False, False]))):
        counted[name] = [int(one.sum()) for one in agreement(*every, positions.expand(len(every[0]), -1))]
    return {'accuracy': ((own[YES].mean() + own[NO].mean()) / 2).item(), 'first': first, 'second': second, 'strict': min(strict), 'counted': counted}
