"""
Trains the models of the calibration, many runs at once, and packs them: python3 train.py [recipe ...] [--out FOLDER]. Without names: all, in order.
Recipes that copy, distil or imitate start from the packed file of `learned`, so that comes first. Runs that miss their threshold are left out and counted.
"""
import argparse
import json
import time
from pathlib import Path

import torch

import data
import network
import pack
from fit import TOKENS, Teacher, accuracy, fit

WRITING_1 = tuple(f'blocks.1.attn.{name}' for name in ('W_Q', 'W_K', 'W_V', 'W_O'))
TASK = torch.tensor(data.distinct(data.inputs()))
#: runs trained in one go: more do not fit the cache
CHUNK = 24
THRESHOLD = 0.99


def labels_of(runs, labels=TASK):
    return labels.expand(runs, -1)


def opened(folder, name, rows):
    """Some runs of a packed file, every tensor there: those that are not stored are zero."""
    packed, metadata = pack.read(folder / f'{name}.safetensors')
    weights = {key: torch.tensor(value[rows]) for key, value in pack.unrounded(packed).items()}
    for key, shape in json.loads(metadata['zero']).items():
        weights[key] = torch.zeros(len(rows), *shape)
    return weights


def chunks(seeds, made):
    parts = [made(seeds[at : at + CHUNK]) for at in range(0, len(seeds), CHUNK)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def learned(_, count=96):
    """The task, nothing else."""
    return chunks(range(count), lambda seeds: fit(network.initial(seeds), labels_of(len(seeds)), seed=seeds[0], steps=1000)), ()


def constant(_, count=40):
    """Queries and keys zero and never trained: attention is uniform over what a position sees, on every input."""
    frozen = network.QUERIES_AND_KEYS
    return chunks(range(1000, 1000 + count), lambda seeds: fit(network.initial(seeds, constant=True), labels_of(len(seeds)), seed=seeds[0], steps=1000, frozen=frozen)), frozen


def forcing(variable, first, steps):
    def made(_, count=40):
        """The last position's residual after layer 0 is forced to hold this variable and nothing else; layer 1 has no attention, so that the answer is computed from it."""

        def some(seeds):
            weights = network.initial(seeds)
            for name in WRITING_1:
                weights[name].zero_()
            return fit(weights, labels_of(len(seeds)), seed=seeds[0], steps=steps, frozen=WRITING_1, variable=variable)

        return chunks(range(first, first + count), some), WRITING_1

    return made


def tuned(seed, steps, rate, count):
    def made(folder):
        """The first runs of `learned`, trained on: smaller batches in another order, some weight decay."""

        def some(numbers):
            return fit(opened(folder, 'learned', numbers), labels_of(len(numbers)), seed=seed + numbers[0], steps=steps, rate=rate, batch=64, decay=0.1, schedule=False)

        return chunks(range(count), some), ()

    return made


def distilled(folder, count=24):
    """New networks trained on the logits of the first runs of `learned`, one each, never on the answers."""

    def some(numbers):
        seeds = [6000 + number for number in numbers]
        return fit(network.initial(seeds), None, seed=seeds[0], steps=1500, distil=Teacher(opened(folder, 'learned', numbers)))

    return chunks(range(count), some), ()


def imitating(folder, count=24):
    """New networks with constant attention and twice the neurons, trained on the task and on having the residuals of a run of `learned`, which needs its attention."""
    frozen = network.QUERIES_AND_KEYS

    def some(numbers):
        seeds = [7000 + number for number in numbers]
        weights = network.initial(seeds, d_mlp=80, constant=True)
        return fit(weights, labels_of(len(numbers)), seed=seeds[0], steps=2000, frozen=frozen, match=Teacher(opened(folder, 'learned', numbers)))

    return chunks(range(count), some), frozen


def shuffled(_, count=8):
    """Control: the answers of other inputs, learned by heart."""
    labels = torch.stack([torch.tensor(data.shuffled(data.inputs(), seed)) for seed in range(count)])
    return fit(network.initial(range(8000, 8000 + count)), labels, seed=8000, steps=3000), ()


def another(_, count=8):
    """Control: another task on the same inputs, whether the last token is larger than the first."""
    return fit(network.initial(range(9000, 9000 + count)), labels_of(count, torch.tensor(data.ascending(data.inputs()))), seed=9000, steps=800), ()


RECIPES = {
    'learned': learned,
    'constant': constant,
    'sort': forcing('sort', 2000, 1000),
    'count': forcing('count', 3000, 1000),
    'rank': forcing('rank', 4000, 2500),
    # light, a quarter of the first rate, and three times heavier
    'finetuned': tuned(5000, 400, 1e-3, 96),
    'finetuned-medium': tuned(5200, 600, 1.5e-3, 24),
    'finetuned-heavy': tuned(5400, 800, 2.5e-3, 24),
    'finetuned-heaviest': tuned(5600, 1200, 4e-3, 24),
    'distilled': distilled,
    'imitating': imitating,
    'shuffled': shuffled,
    'another': another,
}
#: what they are trained to answer, where it is not the task: these must fall below the task's threshold
CONTROLS = ('shuffled', 'another')


def held_accuracy(weights):
    with torch.no_grad():
        patterns = [pattern.mean(1, keepdim=True) for pattern in network.forward(weights, TOKENS)[2]]
        return (network.forward(weights, TOKENS, patterns=patterns)[0].argmax(-1) == TASK).float().mean(1)


def config(d_mlp):
    return {
        **{key: network.SIZES[key] for key in ('n_layers', 'd_model', 'n_ctx', 'd_head', 'n_heads')},
        'd_mlp': d_mlp,
        'd_vocab': network.SIZES['d_vocab'],
        'd_vocab_out': network.SIZES['d_vocab_out'],
        'act_fn': 'relu',
        'normalization_type': None,
        'attention_dir': 'causal',
        'positional_embedding_type': 'standard',
    }


def save(folder, name, weights, frozen):
    arrays = {key: value.numpy() for key, value in weights.items() if key not in frozen}
    # accuracy of what will be loaded, not of what was trained
    loaded = {key: torch.tensor(value) for key, value in pack.unrounded(pack.rounded(arrays)).items()} | {key: torch.zeros_like(weights[key]) for key in frozen}
    scores = accuracy(loaded, TASK)
    keep = torch.ones_like(scores, dtype=torch.bool) if name in CONTROLS else scores >= THRESHOLD
    arrays = {key: value[keep.numpy()] for key, value in arrays.items()}
    metadata = {
        'recipe': name,
        'runs': str(int(keep.sum())),
        # places in the recipe's order: a copy and what it was copied from share theirs
        'numbers': json.dumps([int(i) for i in torch.where(keep)[0]]),
        # accuracy with every attention pattern held at its mean over the inputs: what the model needs its attention for
        'held': json.dumps([round(float(score), 4) for score in held_accuracy(loaded)[keep]]),
        'zero': json.dumps({key: list(weights[key].shape[1:]) for key in frozen}),
    }
    pack.write(folder / f'{name}.safetensors', pack.rounded(arrays), metadata)
    (folder / f'{name}.json').write_text(json.dumps(config(weights['blocks.0.mlp.b_in'].shape[1]), indent=2) + '\n')
    return scores, keep


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('recipes', nargs='*', metavar='recipe', help=', '.join(RECIPES))
    parser.add_argument('--out', type=Path, default=Path(__file__).resolve().parent.parent / 'models')
    given = parser.parse_args()
    unknown = [name for name in given.recipes if name not in RECIPES]
    if unknown:
        parser.error(f'no recipe {unknown[0]}: {", ".join(RECIPES)}')
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.recipes or RECIPES:
        started = time.time()
        weights, frozen = RECIPES[name](given.out)
        scores, keep = save(given.out, name, weights, frozen)
        kilobytes = (given.out / f'{name}.safetensors').stat().st_size / 1000
        print(f'{name}: {int(keep.sum())} of {len(keep)} runs kept, accuracy on the task {scores.min():.4f} to {scores.max():.4f}; {kilobytes:.0f} KB, {time.time() - started:.0f} s', flush=True)


if __name__ == '__main__':
    main()
