"""The language: sentences, prompts of indirect object identification, and pairs of them for interchange."""
import json
import re
from pathlib import Path

import numpy as np

LANGUAGE = json.loads((Path(__file__).parent.parent / 'language.json').read_text())
LENGTH = 24
PAD = '<|endoftext|>'
UNKNOWN = '<|unknown|>'
SLOTS = {'place': 'places', 'object': 'objects', 'animal': 'animals', 'person': 'people', 'adjective': 'adjectives',
         'moved': 'moved', 'liked': 'liked', 'count': 'counts', 'weather': 'weather', 'day': 'days', 'name': 'names'}


def words(text):
    return re.findall(r'\w+|[^\w\s]', text)


def vocabulary(family):
    """Tokens of a family in the order of their ids: in the order of the language, or sorted."""
    found = [PAD, UNKNOWN]
    fixed = re.sub(r'\{animal\}s', '', re.sub(r'\{(?!animal\}s)\w+\}', '', ' '.join(
        LANGUAGE['ioi'] + LANGUAGE['repeatedFirst'] + LANGUAGE['other'])))
    plural = [f'{animal}s' for animal in LANGUAGE['animals']]
    for word in sum((LANGUAGE[key] for key in dict.fromkeys(SLOTS.values())), []) + plural + words(fixed) + LANGUAGE['pieces']:
        if word not in found:
            found.append(word)
    return found if family == 'gpt2' else [PAD, UNKNOWN] + sorted(found[2:])


class Speaker:
    """Draws sentences by seed."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def of(self, key):
        return LANGUAGE[key][self.random.integers(len(LANGUAGE[key]))]

    def other(self, named=True):
        while True:
            template = self.of('other')
            if named or '{name}' not in template:
                return re.sub(r'\{(\w+)\}', lambda slot: self.of(SLOTS[slot[1]]), template)

    def prompt(self, once, repeated):
        """Text whose answer is the name that occurs once. A quarter of all has the repeated name twice before the other."""
        place, thing = self.of('places'), self.of('objects')
        if self.random.random() < 0.25:
            return self.of('repeatedFirst').format(S=repeated, IO=once, place=place, object=thing)
        a, b = (once, repeated) if self.random.random() < 0.5 else (repeated, once)
        return self.of('ioi').format(A=a, B=b, S=repeated, place=place, object=thing)

    def names(self, count):
        return [LANGUAGE['names'][i] for i in self.random.permutation(len(LANGUAGE['names']))[:count]]

    def pair(self):
        """Two prompts, each as (text, once, repeated). The second repeats one of the first's names, by half its other one; so there is one right answer after every interchange,
        also where names are avoided. What occurs once in it is mostly a third name: else the mechanisms agree."""
        a, b, c = self.names(3)
        repeated, other = (a, b) if self.random.random() < 0.5 else (b, a)
        source = (c if self.random.random() < 0.7 else other), repeated
        return [(self.prompt(a, b), a, b), (self.prompt(*source), *source)]


def pairs(count, seed, token, prefixed=0.15):
    """tokens [count, 2, LENGTH], where each prompt ends [count, 2], and its names [count, 2, (once, repeated)]. The answer follows the prompt."""
    speaker = Speaker(seed)
    tokens = np.full((count, 2, LENGTH), token[PAD])
    ends = np.zeros((count, 2), int)
    names = np.zeros((count, 2, 2), int)
    for i in range(count):
        for j, (text, once, repeated) in enumerate(speaker.pair()):
            before = words(speaker.other(named=False)) if speaker.random.random() < prefixed else []
            prompt = before + words(text)
            if len(prompt) > LENGTH - 2:
                prompt = words(text)
            ids = [token[word] for word in prompt + [once, '.']]
            tokens[i, j, :len(ids)] = ids
            ends[i, j] = len(prompt) - 1
            names[i, j] = token[once], token[repeated]
    return tokens, ends, names


def others(count, seed, token):
    """tokens [count, LENGTH]: two sentences each, the second cut where it does not fit"""
    speaker = Speaker(seed)
    tokens = np.full((count, LENGTH), token[PAD])
    for i in range(count):
        ids = [token[word] for word in words(speaker.other() + ' ' + speaker.other())][:LENGTH]
        tokens[i, :len(ids)] = ids
    return tokens


def wanted(mechanism, names):
    """What is right after the interchange: tokens [count]. names: [count, (base, source), (once, repeated)]"""
    (once, repeated), (source_once, source_repeated) = [(names[:, j, 0], names[:, j, 1]) for j in (0, 1)]
    if mechanism == 'copy':
        return source_once
    return np.where(source_repeated == once, repeated, once)
