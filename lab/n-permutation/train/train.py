"""
Trains the models of the suite "n-permutation" and packs them: python3 train.py [setting ...] [--runs N] [--steps N] [--out FOLDER].
Runs that miss a threshold are left out and counted. README.md says what the settings are.
"""
import argparse
import time
from pathlib import Path

import numpy as np
import torch

import causal
import fit
import network
import pack

#: what is constant in a setting is left out of its name
SETTINGS = {'weights': (False, False), 'alignment': (True, False), 'architecture': (False, True), 'both': (True, True)}
WIDE = 6
THRESHOLDS = {'accuracy': 0.96, 'first': 0.8, 'second': 0.8, 'strict': 0.9}


def size_of(dice, random):
    if not random:
        return dict(network.BASE)
    return {'n_layers': 3, 'd_model': int(dice.choice([14, 16, 18])), 'n_heads': int(dice.integers(1, 4)), 'd_head': int(dice.choice([4, 5, 6])), 'd_mlp': int(dice.choice([20, 24, 28]))}


def place_of(dice, random, algorithm, size):
    """Features and sites of the two variables; sites by their number in network.SITES."""
    order = dice.permutation(size['d_model']) if random else np.arange(size['d_model'])
    again = dice.permutation(size['d_model']) if random else order
    sites = (int(dice.choice([1, 2])), int(dice.choice([3, 4]))) if random else (1, 3)
    # a run with random features may have its variables in the same ones at both sites
    second = again[WIDE : 2 * WIDE]
    found = {'first': {'site': sites[0], 'features': sorted(order[:WIDE].tolist())}, 'second': {'site': sites[1], 'features': sorted(second.tolist())}}
    if algorithm == 1:
        found['beside'] = sorted(again[:WIDE].tolist())
    return found


def train(setting, runs, steps):
    random_alignment, random_architecture = SETTINGS[setting]
    at = 10_000 * (1 + list(SETTINGS).index(setting))
    algorithms = torch.arange(6).repeat_interleave(runs)
    seeds = [at + n for n in range(len(algorithms))]
    dice = [np.random.default_rng(seed) for seed in seeds]
    sizes = [size_of(one, random_architecture) for one in dice]
    placed = [place_of(one, random_alignment, int(algorithm), size) for one, algorithm, size in zip(dice, algorithms, sizes)]
    weights, masks = network.initial(seeds, sizes)
    most = network.largest(sizes)
    alignment = fit.Alignment(placed, algorithms, most['d_model'], 2 * most['n_layers'])
    started = time.time()
    told = lambda step, loss: print(f'{setting}: step {step}, loss {loss:.3f}, {time.time() - started:.0f} s', flush=True)
    weights = fit.fit(weights, masks, alignment, algorithms, seed=at, steps=steps, told=told)
    packed = pack.rounded(weights)
    found = fit.measured(pack.unrounded(packed), alignment, algorithms)
    kept = torch.stack([found[name] >= least for name, least in THRESHOLDS.items()]).all(0)
    for a, name in enumerate(causal.ALGORITHMS):
        own = algorithms == a
        print(f'{setting}, {name}: {int(kept[own].sum())} of {runs} kept; ' + ', '.join(f'{key} {value[own].min():.3f} to {value[own].max():.3f} (mean {value[own].mean():.3f})' for key, value in found.items()), flush=True)
    return packed, [
        {'algorithm': causal.ALGORITHMS[a], 'seed': seeds[run], 'size': sizes[run], 'alignment': named(placed[run], a), **{key: round(float(value[run]), 4) for key, value in found.items()}, 'at': run}
        for run, a in enumerate(algorithms.tolist())
        if kept[run]
    ]


def named(placed, algorithm):
    first, second = causal.VARIABLES[algorithm]
    at = lambda site, features: {'site': network.SITES[site], 'at': {'feature': features}}
    found = {first: [at(placed['first']['site'], placed['first']['features'])], second: [at(placed['second']['site'], placed['second']['features'])]}
    if 'beside' in placed:
        found[first].append(at(placed['second']['site'], placed['beside']))
    return found


torch.set_flush_denormal(True)

if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('settings', nargs='*', default=list(SETTINGS))
    parser.add_argument('--runs', type=int, default=14)
    parser.add_argument('--keep', type=int, default=14)
    parser.add_argument('--steps', type=int, default=600)
    parser.add_argument('--out', type=Path, default=Path(__file__).parent.parent / 'models')
    given = parser.parse_args()
    for setting in given.settings or SETTINGS:
        packed, described = train(setting, given.runs, given.steps)
        chosen = [one for name in causal.ALGORITHMS for one in [d for d in described if d['algorithm'] == name][: given.keep]]
        pack.write(given.out / f'{setting}.safetensors', packed, chosen)
