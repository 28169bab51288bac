"""fit.c from Python."""
import ctypes
import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from language import LENGTH, others, pairs, wanted
from network import initial, shapes

PAIRS, OTHERS, SEQUENCES = 16, 6, 38
# after this many blocks the variable stands in the stream at the last position
HELD_AFTER = 2
SIZES = {'small': dict(d=16, layers=3, heads=2), 'medium': dict(d=32, layers=3, heads=2), 'large': dict(d=48, layers=4, heads=4)}
MECHANISMS = ('avoid', 'copy')


class Config(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ('rotary', 'd', 'layers', 'heads', 'held', 'vocabulary')]


class Pool(ctypes.Structure):
    _fields_ = [('pairs', ctypes.c_int), ('others', ctypes.c_int)] + [
        (name, ctypes.c_void_p) for name in ('text', 'end', 'answer', 'target', 'other')]


def built():
    """Compiled once for each state of the source."""
    source = Path(__file__).parent / 'fit.c'
    out = Path(tempfile.gettempdir()) / f'congruity-fit-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}.so'
    if not out.exists():
        subprocess.run(['cc', '-O3', '-march=native', '-ffast-math', '-shared', '-fPIC', str(source), '-o', f'{out}.new', '-lm'], check=True)
        os.replace(f'{out}.new', out)
    return ctypes.CDLL(str(out))


C = built()


def table(family, size, vocabulary):
    """name -> (shape, kind), in the order of fit.c"""
    spec = SIZES[size]
    found = shapes(family, spec['d'], spec['layers'], vocabulary, LENGTH)
    first = ['wte', 'wpe' if family == 'gpt2' else 'head', 'ln_f.w', 'ln_f.b']
    return {name: found[name] for name in [*first, *[f'{i}.{part}.{of}' for i in range(spec['layers'])
            for part in ('ln1', 'qkv', 'o', 'ln2', 'in', 'out') for of in 'wb']]}


def flat(values):
    """Tensors of one model, one after the other; the head of GPT-NeoX as its checkpoints have it, [vocabulary, d]."""
    return np.concatenate([(v.T if name == 'head' else v).ravel() for name, v in values.items()]).astype(np.float32)


def named(w, family, size, vocabulary):
    found, at = {}, 0
    for name, (shape, _) in table(family, size, vocabulary).items():
        count = int(np.prod(shape))
        own = w[at:at + count]
        found[name] = own.reshape(shape[::-1]).T if name == 'head' else own.reshape(shape)
        at += count
    return found


class Sentences:
    """Drawn once; every model draws batches from them by its own seed."""

    def __init__(self, count, seed, token):
        self.text, self.ends, self.names = pairs(count, seed, token)
        self.others = others(count // 2, seed + 1, token)
        self.target = {mechanism: wanted(mechanism, self.names) for mechanism in MECHANISMS}

    def pool(self, mechanism):
        kept = [np.ascontiguousarray(x, np.int32) for x in (
            self.text, self.ends, self.names[..., 0], self.target[mechanism], self.others)]
        made = Pool(len(self.text), len(self.others), *[x.ctypes.data for x in kept])
        made.kept = kept
        return made


def config(family, size, vocabulary):
    spec = SIZES[size]
    return Config(int(family == 'gpt_neox'), spec['d'], spec['layers'], spec['heads'], HELD_AFTER, vocabulary)


def start(family, size, vocabulary, seed):
    spec = SIZES[size]
    values = initial(table(family, size, vocabulary), spec['layers'], [seed])
    return flat({name: value[0].detach().numpy() for name, value in values.items()})


def pointer(x):
    return ctypes.c_void_p(x.ctypes.data)


def fit(c, pool, w, seed, steps, rate, log):
    """Trains w in place."""
    assert C.parameters(ctypes.byref(c)) == len(w)
    m, v, losses = np.zeros_like(w), np.zeros_like(w), np.zeros(3, np.float32)
    piece = 500
    for first in range(0, steps, piece):
        count = min(piece, steps - first)
        C.fit(ctypes.byref(c), ctypes.byref(pool), pointer(w), pointer(m), pointer(v), first, count, steps,
              ctypes.c_float(rate), ctypes.c_uint64(seed), pointer(losses))
        log(first + count, losses)
