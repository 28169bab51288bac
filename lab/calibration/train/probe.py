"""
What the packed models do inside, measured on what a loaded model has: python3 probe.py [FOLDER]. Prints the tables of README.md: that the mechanisms differ is measured here, not assumed.
Interventions are this file's and network.py's own; the library is not used.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

import data
import network
import pack
import train
from fit import TOKENS, one_hot

TASK = train.TASK


def load(folder, name):
    _, metadata = pack.read(folder / f'{name}.safetensors')
    numbers = json.loads(metadata['numbers'])
    return train.opened(folder, name, list(range(len(numbers)))), numbers


def right(logits):
    return (logits.argmax(-1) == TASK).double().mean(1)


def r_squared(known, wanted, split):
    """Share of the variance of wanted [runs, n, d] that a linear function (with a constant) of known [n, p] or [runs, n, p] gives on the inputs that it was not fitted on."""
    fitted, held = split
    known = torch.cat([known.double().expand(wanted.shape[0], -1, -1), torch.ones(*wanted.shape[:2], 1, dtype=torch.double)], 2)
    wanted = wanted.double()
    solution = torch.linalg.pinv(known[:, fitted], rtol=1e-6) @ wanted[:, fitted]
    error = (wanted[:, held] - known[:, held] @ solution).square().sum((1, 2))
    return 1 - error / (wanted[:, held] - wanted[:, fitted].mean(1, keepdim=True)).square().sum((1, 2))


def another_input(same):
    """For every input another one, drawn among those for which same(i) holds; itself where there is none."""
    draw = np.random.default_rng(0)
    return torch.tensor([int(draw.choice(found)) if len(found := np.setdiff1d(np.nonzero(same(i))[0], [i])) else i for i in range(len(TOKENS))])


def row(name, weights, split, variables):
    with torch.no_grad():
        logits, residuals, patterns = network.forward(weights, TOKENS)
        held = right(network.forward(weights, TOKENS, patterns=[pattern.mean(1, keepdim=True) for pattern in patterns])[0])
        opposite = another_input(lambda i: TASK.numpy() != TASK[i].item())
        swapped = network.forward(weights, TOKENS, mid=residuals[1][:, opposite])[0]
        flips = (swapped.argmax(-1) == TASK[opposite]).double().mean(1)
        deviation = torch.stack([pattern.std(1).mean((1, 2, 3)) for pattern in patterns]).amax(0)
        from_variable = {variable: r_squared(one_hot(variable)[0], residuals[1], split) for variable in variables}
    middle = lambda values: f'{float(values.median()):.2f}'
    spread = lambda values: f'{float(values.min()):.3f} to {float(values.max()):.3f}'
    cells = [name, len(logits), spread(right(logits)), spread(held), middle(deviation), middle(flips)]
    cells += [middle(from_variable[variable]) for variable in variables]
    return cells


def imitation(folder, split):
    student, numbers = load(folder, 'imitating')
    teachers, teacher_numbers = load(folder, 'learned')
    chosen = [teacher_numbers.index(number) for number in numbers]
    teacher = {name: value[chosen] for name, value in teachers.items()}
    with torch.no_grad():
        (a, of_student, _), (b, of_teacher, patterns) = network.forward(student, TOKENS), network.forward(teacher, TOKENS)
        held = right(network.forward(teacher, TOKENS, patterns=[pattern.mean(1, keepdim=True) for pattern in patterns])[0])
        _, _, own = network.forward(student, TOKENS)
        kept = right(network.forward(student, TOKENS, patterns=[pattern.mean(1, keepdim=True) for pattern in own])[0])
        rows = []
        for at, words in enumerate(('embedding', 'after layer 0', 'after layer 1')):
            rows.append([words, *(f'{float(value.median()):.3f} ({float(value.min()):.3f})' for value in (r_squared(of_teacher[at], of_student[at], split), r_squared(of_student[at], of_teacher[at], split)))])
        agree = (a.argmax(-1) == b.argmax(-1)).double().mean()
    return rows, f'Answers agree on {100 * float(agree):.1f} %. With attention held at its mean the imitated get {100 * float(held.mean()):.1f} % right (at most {100 * float(held.max()):.1f} %), the imitating {100 * float(kept.min()):.1f} % at least.'


def own_labels(folder):
    """Of the controls, accuracy on what they were trained to answer."""
    tokens = data.inputs()
    for name, labels in (('shuffled', lambda number: data.shuffled(tokens, number)), ('another', lambda _: data.ascending(tokens))):
        weights, numbers = load(folder, name)
        with torch.no_grad():
            answers = network.forward(weights, TOKENS)[0].argmax(-1).numpy()
        scores = [float((answers[i] == labels(number)).mean()) for i, number in enumerate(numbers)]
        print(f'{name}: {100 * min(scores):.1f} to {100 * max(scores):.1f} % of its own answers')


def table(heads, rows):
    print('| ' + ' | '.join(heads) + ' |\n|' + '---|' * len(heads))
    for cells in rows:
        print('| ' + ' | '.join(map(str, cells)) + ' |')
    print()


def moved(folder, recipe):
    copies, numbers = load(folder, recipe)
    originals, known = load(folder, 'learned')
    chosen = [known.index(number) for number in numbers]
    change = sum((copies[name] - originals[name][chosen]).square().flatten(1).sum(1) for name in copies).sqrt()
    size = sum(originals[name][chosen].square().flatten(1).sum(1) for name in copies).sqrt()
    return change / size


def main():
    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / 'models'
    order = np.random.default_rng(1).permutation(len(TOKENS))
    split = (torch.tensor(order[:500]), torch.tensor(order[500:]))
    variables = list(data.VARIABLES)
    heads = ['recipe', 'runs', 'accuracy', 'attention held at its mean', 'deviation of attention', 'answer follows the residual after layer 0']
    table([*heads, *(f'R2 from {variable}' for variable in variables)], [row(name, load(folder, name)[0], split, variables) for name in train.RECIPES])
    rows, words = imitation(folder, split)
    table(['residual', 'R2, imitated to imitating: median (smallest)', 'back'], rows)
    print(words)
    own_labels(folder)
    rows = []
    for recipe in train.RECIPES:
        if recipe.startswith('finetuned'):
            change = moved(folder, recipe)
            rows.append([recipe, f'{100 * float(change.median()):.1f} ({100 * float(change.min()):.1f} to {100 * float(change.max()):.1f})'])
    table(['recipe', 'median (smallest to largest)'], rows)


if __name__ == '__main__':
    main()
