"""Trains the models and writes them to ../models. Goes on where it was; models of an earlier trainer are trained anew."""
import argparse
import ctypes
import json
import shutil
import time
from pathlib import Path

import numpy as np

from fit import C, MECHANISMS, PAIRS, Sentences, config, fit, pointer, start
from hugging_face import write
from language import vocabulary

MODELS = Path(__file__).parent.parent / 'models'
STEPS, RATE = 1600, 4e-3
# of the data and the trainer: raised when one of them changes
TRAINER = 2
# what a model must reach to be kept
ACCURACY, INTERCHANGE = 0.95, 0.9
SEEDS = {'small': 6, 'medium': 3, 'large': 2}


def rates(c, w, sentences):
    """Accuracy, and the share of interchanges right by each mechanism, of those where these differ."""
    pool = sentences.pool('avoid')
    right, hits, differ = 0, dict.fromkeys(MECHANISMS, 0), 0
    count = len(sentences.text) // PAIRS * PAIRS
    for first in range(0, count, PAIRS):
        own, after = np.zeros((PAIRS, 2), np.int32), np.zeros(PAIRS, np.int32)
        C.answers_of(ctypes.byref(c), ctypes.byref(pool), pointer(w), first, pointer(own), pointer(after))
        some = slice(first, first + PAIRS)
        right += (own == sentences.names[some, :, 0]).sum()
        apart = sentences.target['avoid'][some] != sentences.target['copy'][some]
        differ += apart.sum()
        for mechanism in MECHANISMS:
            hits[mechanism] += (apart & (after == sentences.target[mechanism][some])).sum()
    return dict(accuracy=right / (2 * count), **{name: hit / differ for name, hit in hits.items()})


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--sizes', nargs='*', default=list(SEEDS))
    parser.add_argument('--seeds', type=int, help='as many of each kind')
    args = parser.parse_args()
    held_out = {}
    list_path = MODELS / 'models.json'
    MODELS.mkdir(exist_ok=True)
    listed = json.loads(list_path.read_text()) if list_path.exists() else {}
    for size in args.sizes:
        for seed in range(1, (args.seeds or SEEDS[size]) + 1):
            for family in ('gpt2', 'gpt_neox'):
                tokens = vocabulary(family)
                token = {word: i for i, word in enumerate(tokens)}
                if family not in held_out:
                    held_out[family] = Sentences(4000, 1, token), Sentences(640, 9001, token)
                learned, others = held_out[family]
                for mechanism in MECHANISMS:
                    name = f'{family.replace("_", "-")}-{mechanism}-{size}-{seed}'
                    if listed.get(name, {}).get('trainer') == TRAINER:
                        continue
                    began = time.process_time()
                    c = config(family, size, len(tokens))
                    # seeds of their own for each kind
                    own = 1000 * (list(SEEDS).index(size) * 4 + 2 * (family == 'gpt_neox') + MECHANISMS.index(mechanism)) + seed
                    w = start(family, size, len(tokens), own)
                    said = []
                    fit(c, learned.pool(mechanism), w, own, STEPS, RATE, lambda step, losses: said.append([round(float(x), 3) for x in losses]))
                    w = w.astype(np.float16).astype(np.float32)
                    found = {key: round(float(x), 4) for key, x in rates(c, w, others).items()}
                    kept = found['accuracy'] >= ACCURACY and found[mechanism] >= INTERCHANGE
                    listed[name] = dict(family=family, mechanism=mechanism, size=size, seed=own, trainer=TRAINER, kept=bool(kept), **found)
                    shutil.rmtree(MODELS / name, ignore_errors=True)
                    if kept:
                        write(MODELS / name, family, size, tokens, w)
                    list_path.write_text(json.dumps(listed, indent=1) + '\n')
                    print(name, f'{time.process_time() - began:.0f} s', said, found, 'kept' if kept else 'left out', flush=True)
