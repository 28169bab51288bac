"""Holds the losses of fit.c and their gradient against PyTorch's own, for both families and all sizes."""
import ctypes

import numpy as np
import torch

from fit import C, HELD_AFTER, OTHERS, PAIRS, SEQUENCES, SIZES, Sentences, config, flat, named, pointer, start
from language import vocabulary
from network import Network


def at(x, places):
    """x [1, b, t, d] at one position of each: [1, b, d]"""
    return x.gather(2, places[:, :, None, None].expand(-1, -1, 1, x.shape[-1]))[:, :, 0]


def reference(family, size, w, sentences, mechanism, read):
    tokens = vocabulary(family)
    p = {name: torch.from_numpy(np.array(v, np.float64))[None].requires_grad_() for name, v in named(w, family, size, len(tokens)).items()}
    spec = SIZES[size]
    net = Network(family, spec['layers'], spec['heads'], p)
    text = torch.from_numpy(np.concatenate([sentences.text[:PAIRS].reshape(2 * PAIRS, -1), sentences.others[:OTHERS]]))[None]
    ends = torch.from_numpy(sentences.ends[:PAIRS])
    held = net.blocks(net.embed(text).double(), 0, HELD_AFTER)
    last = net.blocks(held, HELD_AFTER, net.layers)
    pairs = held[:, :2 * PAIRS].reshape(PAIRS, 2, *held.shape[2:])
    changed = pairs[:, 0].clone()
    changed[torch.arange(PAIRS), ends[:, 0]] = pairs[torch.arange(PAIRS), 1, ends[:, 1]]
    changed = at(net.blocks(changed[None], HELD_AFTER, net.layers), ends[None, :, 0])
    once = torch.from_numpy(sentences.names[:PAIRS, :, 0]).reshape(1, -1, 1)
    answer = -net.answers(at(last[:, :2 * PAIRS], ends.reshape(1, -1))).log_softmax(-1).gather(2, once).mean()
    target = torch.from_numpy(sentences.target[mechanism][:PAIRS])[None]
    after = -net.answers(changed).log_softmax(-1).gather(2, target[..., None]).mean()
    place = torch.from_numpy(read.astype(np.int64))[None]
    language = -net.answers(at(last, place)).log_softmax(-1).gather(2, text.gather(2, place[:, :, None] + 1)).mean()
    (answer + after + 0.5 * language).backward()
    return [answer, after, language], flat({name: v.grad[0].numpy() for name, v in p.items()})


if __name__ == '__main__':
    for family in ('gpt2', 'gpt_neox'):
        tokens = vocabulary(family)
        sentences = Sentences(100, 77, {word: i for i, word in enumerate(tokens)})
        for size in SIZES:
            for mechanism in ('avoid', 'copy'):
                w = start(family, size, len(tokens), 5)
                w += 0.1 * np.random.default_rng(6).standard_normal(len(w)).astype(np.float32)
                losses, gradient, read = np.zeros(3, np.float32), np.zeros_like(w), np.zeros(SEQUENCES, np.int32)
                C.loss_of(ctypes.byref(config(family, size, len(tokens))), ctypes.byref(sentences.pool(mechanism)), pointer(w),
                          ctypes.c_uint64(1234567), pointer(losses), pointer(gradient), pointer(read))
                wanted, by_torch = reference(family, size, w, sentences, mechanism, read)
                worst = max(abs(float(a) - b) for a, b in zip(wanted, losses))
                apart = np.linalg.norm(gradient - by_torch) / np.linalg.norm(by_torch)
                largest = max(np.linalg.norm(a - b) / (np.linalg.norm(b) + 1e-6) for a, b in zip(
                    named(gradient, family, size, len(tokens)).values(), named(by_torch, family, size, len(tokens)).values()))
                print(f'{family} {size} {mechanism}: losses {[round(float(x), 3) for x in losses]}, off by {worst:.1e}; gradient off by {apart:.1e}, of one weight at most {largest:.1e}')
                assert worst < 1e-4 and apart < 1e-4 and largest < 1e-3
