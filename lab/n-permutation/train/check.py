"""Holds the loss and the gradient of fit.c against PyTorch's, and its causal models against causal.py: python3 check.py"""
import ctypes
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

import causal
import fit
import network
import train

BATCH = 24


def loss_of(logits, seen, alignment, readouts, values, classes, yes):
    n, N = logits.shape[0], causal.N
    total = F.cross_entropy(logits[:, 1:].reshape(-1, 2), yes[:, None].expand(-1, N).reshape(-1), reduction='sum')
    for which, (held, target) in enumerate(((alignment.first, values), (alignment.second, classes))):
        site = alignment.site[which]
        total = total + F.cross_entropy((seen[site] * held[site])[:, 1:].flatten(0, 1) @ readouts[which], target.reshape(-1), reduction='sum')
    return total / (n * N)


def by_torch(weights, alignment, readouts, algorithm, base, source, positions, rest, which, outside):
    """The three losses."""

    def of(run, values, classes):
        return loss_of(*run, alignment, readouts, values[algorithm], classes[algorithm], causal.answer(values, classes)[algorithm])

    rows = torch.cat([base, source])
    logits, seen = network.forward(weights, fit.INPUTS[rows])
    values = fit.FIRST[:, rows]
    classes = causal.second(values)
    from_source = [x[BATCH:] for x in seen]
    vm, cm = values[:, :BATCH], classes[:, :BATCH]
    if which == 0:
        vm = fit.mixed(vm, values[:, BATCH:], positions)
        cm = causal.second(vm)
    else:
        cm = fit.mixed(cm, classes[:, BATCH:], positions)
    own = network.forward(weights, fit.INPUTS[base], fit.swapped([alignment.first, alignment.second][which], positions, from_source))
    strict = network.forward(weights, fit.INPUTS[base], fit.swapped(alignment.outside(outside), rest, from_source))
    return of((logits, seen), values, classes) + of(own, vm, cm) + 0.4 * of(strict, values[:, :BATCH], classes[:, :BATCH])


def check(library, seed):
    dice = np.random.default_rng(seed)
    algorithm = seed % 6
    size = train.size_of(dice, True)
    alignment = fit.Alignment(train.place_of(dice, True, algorithm, size), size['d_model'])
    config = fit.config_of(size, algorithm, alignment)
    weights = network.initial(seed, size)
    generator = torch.Generator().manual_seed(seed)
    for name in weights:
        if '.b_' in name:
            weights[name] = torch.randn(weights[name].shape, generator=generator)
    readouts = [torch.randn(size['d_model'], classes, generator=generator) for classes in (causal.FIRST_CLASSES, causal.SECOND_CLASSES)]
    values = fit.flat(weights, readouts)
    assert library.count(ctypes.byref(config)) == len(values)
    base, source = fit.some(BATCH, generator), fit.some(BATCH, generator)
    positions, rest = (torch.rand(BATCH, causal.N + 1, generator=generator) < 0.5 for _ in range(2))
    worst = 0
    for which in (0, 1):
        for outside in (0, 1):
            exact = {name: value.double().requires_grad_() for name, value in weights.items()}
            reads = [one.double().requires_grad_() for one in readouts]
            loss = by_torch(exact, alignment, reads, algorithm, base, source, positions, rest, which, outside)
            loss.backward()
            wanted = fit.flat({name: value.grad for name, value in exact.items()}, [one.grad for one in reads])
            found = np.zeros_like(values)
            rows = [rows.numpy().astype(np.int32) for rows in (base, source)]
            places = [at.numpy().astype(np.uint8) for at in (positions, rest)]
            own = library.loss(ctypes.byref(config), fit.pointer(values), fit.pointer(found), *map(fit.pointer, rows + places), which, outside)
            worst = max(worst, abs(own / loss.item() - 1), np.abs(found - wanted).max() / np.abs(wanted).max())
            # nearly every weight has a gradient, or the check says nothing of it
            assert (np.abs(wanted) > 0).mean() > 0.5
    return worst


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder:
        library = fit.library(folder)
        found = [check(library, seed) for seed in range(24)]
    print(f'24 runs, all six algorithms: loss and gradient differ by at most {max(found):.1e} of the largest')
    assert max(found) < 1e-4
