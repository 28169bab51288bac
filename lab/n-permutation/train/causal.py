"""The six algorithms on inputs of four tokens, each one of four, as causal models of two variables a position: `first`, then `second`, then the answer."""
import itertools

import torch

N = 4
ALGORITHMS = ['sort, positions', 'sort, differences', 'sort, sums', 'sort, parities', 'count, repeats', 'count, values']
#: names of the variables in suites/n-permutation/programs.ts
VARIABLES = [('sorted', 'holds'), ('sorted', 'step'), ('sorted', 'sum'), ('sorted', 'parity'), ('repeats', 'holds'), ('times', 'holds')]
FIRST_CLASSES, SECOND_CLASSES = N + 1, 2 * N - 1
#: steps may be negative: their classes begin here
LEAST_STEP = -(N - 1)

TOKENS = torch.tensor(list(itertools.product(range(N), repeat=N)))
PLACE = torch.arange(N)


def first():
    """Values of the first variable: [6, inputs, positions]."""
    ascending = TOKENS.sort(1).values
    repeats = (TOKENS[:, :, None] == TOKENS[:, None]).sum(2)
    times = (TOKENS[:, None] == PLACE[:, None]).sum(2)
    return torch.stack([ascending] * 4 + [repeats, times])


def second(values):
    """Classes of the second variable that follow from values of the first: [6, n, positions] to the same."""
    ascending = values[:4]
    after = ascending[:, :, 1:]
    step = torch.cat([after[1] - ascending[1, :, :-1], torch.ones_like(after[1, :, :1])], 1) - LEAST_STEP
    sums = ascending[2] + torch.cat([after[2], torch.zeros_like(after[2, :, :1])], 1)
    holds = [(ascending[0] == PLACE).long(), (values[4] == 1).long(), (values[5] == 1).long()]
    return torch.stack([holds[0], step, sums, ascending[3] % 2, *holds[1:]])


def answer(values, classes):
    """1 where it is yes: [6, n]. The second algorithm also asks what the first sorted value is."""
    wanted = torch.where(PLACE < N - 1, 2 * PLACE + 1, PLACE)
    each = [classes[0] == 1, (classes[1] == 1 - LEAST_STEP), classes[2] == wanted, classes[3] == PLACE % 2, classes[4] == 1, classes[5] == 1]
    yes = torch.stack(each).all(2)
    yes[1] &= values[1, :, 0] == 0
    return yes.long()


PERMUTATIONS = torch.tensor([len(set(row.tolist())) == N for row in TOKENS])
