"""The task and what can be computed on the way to it: are all four tokens, each one of five, distinct? 625 inputs, 120 of them yes."""
import itertools

import numpy as np

LENGTH, VOCABULARY = 4, 5


def inputs():
    """All 625 inputs in lexicographic order, as pairs() and range() of the library list them: [625, 4]."""
    return np.array(list(itertools.product(range(VOCABULARY), repeat=LENGTH)))


def distinct(tokens):
    return np.array([int(len(set(row)) == LENGTH) for row in tokens])


def ascending(tokens):
    """Another task on the same inputs: is the last token larger than the first?"""
    return (tokens[:, -1] > tokens[:, 0]).astype(int)


def shuffled(tokens, seed):
    """As many yes as the task has, at random inputs."""
    return np.random.default_rng(seed).permutation(distinct(tokens))


def sorted_values(tokens):
    """Four values in ascending order: [n, 4], each 0..4."""
    return np.sort(tokens, axis=1)


def counts(tokens):
    """How often each token occurs: [n, 5], each 0..4."""
    return np.stack([(tokens == v).sum(1) for v in range(VOCABULARY)], 1)


def ranks(tokens):
    """For each position, how many of the tokens are smaller: [n, 4], each 0..3."""
    return (tokens[:, None, :] < tokens[:, :, None]).sum(2)


VARIABLES = {'sort': (sorted_values, VOCABULARY), 'count': (counts, LENGTH + 1), 'rank': (ranks, LENGTH)}
