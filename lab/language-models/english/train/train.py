"""Trains the English model and its taggers, and writes them to ../models. Goes on where it was: what is listed in ../models/models.json is not trained again."""
import argparse
import copy
import json
import pickle
import random
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from corpus import CONTEXT, LABELS, START, UNKNOWN, digits, group, texts, vocabulary, write_tags
from hugging_face import write
from network import Network

HERE = Path(__file__).resolve().parent.parent
MODELS = HERE / 'models'
SHAPE = dict(layers=2, d=64, heads=4)
# pieces of a batch
ROWS = 32
NOTHING = -100


def shuffled_labels(learned):
    """A group for every word, drawn as often as the group is among all words: labels that have nothing to do with parts of speech, and that a model can learn (Hewitt and Liang 2019)."""
    stream = random.Random(7)
    drawn = [group(tag) for sentence in learned for _, tag in sentence]
    return {word: stream.choice(drawn) for word in sorted({digits(word) for sentence in learned for word, _ in sentence})}


class Text:
    """Words as numbers, one sentence after the other, in pieces of one length."""

    def __init__(self, part, tokens, labels_of=None):
        number = {token: i for i, token in enumerate(tokens)}
        unknown = number[UNKNOWN]
        words = [(digits(word), tag) for sentence in part for word, tag in sentence]
        self.ids = np.array([number.get(word, unknown) for word, _ in words])
        self.labels = np.array([LABELS.index(group(tag) if labels_of is None else labels_of.get(word, 'other')) for word, tag in words])
        # a word more than a piece holds: the last one has a word after it, too
        self.starts = np.arange(0, len(words) - CONTEXT, CONTEXT - 1)

    def every(self, n):
        """Every n-th piece."""
        some = copy.copy(self)
        some.starts = self.starts[::n]
        return some

    def batches(self, stream=None):
        """What is read, the word after each token, and the group of each token; in an order of its own."""
        order = np.random.default_rng(stream).permutation(len(self.starts)) if stream is not None else np.arange(len(self.starts))
        for at in range(0, len(order), ROWS):
            rows = self.starts[order[at:at + ROWS], None] + np.arange(CONTEXT)
            words = torch.from_numpy(self.ids[rows])
            start = torch.zeros(len(rows), 1, dtype=torch.long)
            yield torch.cat([start, words[:, :-1]], 1), words, torch.cat([start + NOTHING, torch.from_numpy(self.labels[rows[:, :-1]])], 1)


def losses(model, batch, tagging):
    tokens, words, labels = batch
    right = (labels if tagging else words).flatten()
    logits = model.answers(model.stream(tokens)).flatten(0, 1)
    return F.cross_entropy(logits, right, ignore_index=NOTHING), logits, right


def fit(model, text, tagging, epochs, rate, seed, checkpoint, parameters=None):
    """Goes on from a checkpoint, and leaves one every 50 steps."""
    parameters = list(parameters or model.parameters())
    decayed = [p for p in parameters if p.ndim > 1]
    optimiser = torch.optim.AdamW([dict(params=decayed, weight_decay=0.01), dict(params=[p for p in parameters if p.ndim < 2], weight_decay=0)], betas=(0.9, 0.98))
    steps = epochs * -(-len(text.starts) // ROWS)
    step, said, began = 0, 0, time.process_time()
    state = dict(step=0)
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state['model'])
        optimiser.load_state_dict(state['optimiser'])
    for epoch in range(epochs):
        for batch in text.batches([seed, epoch]):
            # those of an earlier run are drawn again, and passed over
            if step < state['step']:
                step += 1
                continue
            # up over 200 steps, then down to nothing
            for one in optimiser.param_groups:
                one['lr'] = rate * min(1, (step + 1) / 200) * max(0.02, 1 - step / steps)
            loss, _, _ = losses(model, batch, tagging)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1)
            optimiser.step()
            said = 0.98 * said + 0.02 * loss.item() if step else loss.item()
            step += 1
            if step % 50 == 0:
                torch.save(dict(step=step, model=model.state_dict(), optimiser=optimiser.state_dict()), checkpoint)
                print(f'  {step} of {steps}, loss {said:.3f}, {time.process_time() - began:.0f} s of CPU time', flush=True)
    checkpoint.unlink(missing_ok=True)


@torch.inference_mode()
def measured(model, held_out, tagging):
    """Loss (nats a word) and accuracy on what was held out."""
    total = loss = right = 0
    for batch in held_out.batches():
        mean, logits, wanted = losses(model, batch, tagging)
        some = wanted != NOTHING
        count = some.sum().item()
        total, loss = total + count, loss + mean.item() * count
        right += (logits.argmax(-1) == wanted)[some].sum().item()
    return dict(loss=round(loss / total, 4), accuracy=round(right / total, 4), words=total)


def halved(model):
    """As it is stored."""
    for p in model.parameters():
        p.data = p.data.half().float()
    return model


def begun(tokens, labels=None, seed=0):
    torch.manual_seed(seed)
    return Network(len(tokens), CONTEXT, **SHAPE, labels=labels)


def tagger(tokens, trunk, seed):
    """With the language model's trunk, and a head that has learned nothing."""
    model = begun(tokens, len(LABELS), seed)
    model.transformer.load_state_dict(trunk.transformer.state_dict())
    return model


def prepared():
    """The corpus as numbers, kept: reading it takes as long as a fifth of the training."""
    path = HERE / 'train' / 'prepared.pickle'
    if not path.exists():
        learned, others = texts()
        write_tags(HERE / 'tags.json', (learned, others))
        tokens = vocabulary(learned)
        wrong = shuffled_labels(learned)
        parts = [Text(part, tokens, labels) for labels in (None, wrong) for part in (learned, others)]
        path.write_bytes(pickle.dumps((tokens, parts)))
    return pickle.loads(path.read_bytes())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--epochs', type=int, default=1, help='of the language model')
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokens, (train, held_out, *shuffled) = prepared()
    MODELS.mkdir(exist_ok=True)
    list_path = MODELS / 'models.json'
    listed = json.loads(list_path.read_text()) if list_path.exists() else {}
    kept = HERE / 'train' / 'language-model.pt'

    def keep(name, model, tagging, on, began, **about):
        halved(model)
        listed[name] = dict(about, **measured(model, on, tagging), cpuSeconds=round(time.process_time() - began))
        write(MODELS / name, tokens, model, tagging)
        list_path.write_text(json.dumps(listed, indent=1) + '\n')
        print(name, listed[name], flush=True)

    language = begun(tokens)
    if 'language-model' in listed:
        language.load_state_dict(torch.load(kept))
    else:
        began = time.process_time()
        fit(language, train, False, args.epochs, 4e-3, 1, HERE / 'train' / 'going-on.pt')
        keep('language-model', language, False, held_out, began, epochs=args.epochs)
        torch.save(language.state_dict(), kept)
    # name, trunk, parameters that learn, what is learned from and held out, every how many pieces, rate
    for name, anew, frozen, (own, on), every, rate in [
        ('tagger-anew', True, False, (train, held_out), 1, 4e-3),
        ('tagger-frozen', False, True, (train, held_out), 5, 1e-2),
        ('tagger-tuned', False, False, (train, held_out), 2, 1e-3),
        ('tagger-shuffled', False, True, shuffled, 5, 1e-2),
    ]:
        if name in listed:
            continue
        began = time.process_time()
        model = begun(tokens, len(LABELS), 2) if anew else tagger(tokens, language, 2)
        if frozen:
            for p in model.transformer.parameters():
                p.requires_grad_(False)
        fit(model, own.every(every), True, 1, rate, 3, HERE / 'train' / 'going-on.pt', model.classifier.parameters() if frozen else None)
        keep(name, model, True, on, began, pieces=f'1 of {every}')


if __name__ == '__main__':
    main()
