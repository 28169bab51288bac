"""Strict interchange intervention training of many runs at once."""
import torch
import torch.nn.functional as F

import causal
import network

N = causal.N
INPUTS = torch.cat([torch.full((len(causal.TOKENS), 1), N), causal.TOKENS], 1)
FIRST = causal.first()
YES, NO = causal.PERMUTATIONS.nonzero()[:, 0], (~causal.PERMUTATIONS).nonzero()[:, 0]


class Alignment:
    """
    Of each run, features at two sites: those of the first variable at one, those of the second at a later one. An algorithm whose answer reads the first variable beside the
    second has it at the second site too, in features of its own.
    """

    def __init__(self, placed, algorithms, d_model, n_sites):
        runs = len(placed)
        self.site = torch.tensor([[one['first']['site'], one['second']['site']] for one in placed])
        self.first, self.second = torch.zeros(2, runs, n_sites, d_model, dtype=torch.bool)
        for run, one in enumerate(placed):
            self.first[run, one['first']['site'], one['first']['features']] = True
            self.second[run, one['second']['site'], one['second']['features']] = True
            if 'beside' in one:
                self.first[run, one['second']['site'], one['beside']] = True
        self.held = self.first | self.second
        #: nothing beyond a run's own features is read
        self.at = [self.first[torch.arange(runs), self.site[:, 0]], self.second[torch.arange(runs), self.site[:, 1]]]

    def outside(self, which):
        """At the first or the second site, the features that hold no variable: [runs, sites, d_model]."""
        found = torch.zeros_like(self.held)
        runs = torch.arange(len(found))
        found[runs, self.site[:, which]] = ~self.held[runs, self.site[:, which]]
        return found


def swapped(where, positions, source):
    """where [runs, sites, d], positions [n, N + 1]: what `forward` takes."""
    return [(where[:, site, None, None] & positions[None, :, :, None], source[site]) if where[:, site].any() else None for site in range(where.shape[1])]


def some(count, generator):
    """Rows of inputs, half of them permutations."""
    half = count // 2
    rows = torch.cat([YES[torch.randint(len(YES), (half,), generator=generator)], NO[torch.randint(len(NO), (count - half,), generator=generator)]])
    return rows[torch.randperm(count, generator=generator)]


def mixed(base, source, positions):
    return torch.where(positions[None, :, 1:], source, base)


def fit(weights, masks, alignment, algorithms, *, seed, steps, rate=7e-3, batch=24, told=None):
    runs = len(algorithms)
    d_model = weights['embed.W_E'].shape[-1]
    generator = torch.Generator().manual_seed(seed)
    weights = {name: value.clone().requires_grad_() for name, value in weights.items()}
    readouts = [(0.1 * torch.randn(runs, d_model, classes, generator=generator)).requires_grad_() for classes in (causal.FIRST_CLASSES, causal.SECOND_CLASSES)]
    optimiser = torch.optim.Adam([*weights.values(), *readouts], lr=rate, betas=(0.9, 0.98))
    every = torch.arange(runs)

    def loss_of(logits, seen, values, classes, yes, read=(True, True)):
        n = logits.shape[1]
        targets = yes[algorithms][:, :, None].expand(-1, -1, N)
        total = F.cross_entropy(logits[:, :, 1:].reshape(-1, 2), targets.reshape(-1), reduction='sum') / (n * N)
        residual = torch.stack(seen)
        for which, target in enumerate((values, classes)):
            if not read[which]:
                continue
            there = residual[alignment.site[:, which], every] * alignment.at[which][:, None, None]
            logits_of = torch.bmm(there[:, :, 1:].reshape(runs, -1, d_model), readouts[which])
            total = total + F.cross_entropy(logits_of.flatten(0, 1), target[algorithms].reshape(-1), reduction='sum') / (n * N)
        return total

    for step in range(steps):
        for group in optimiser.param_groups:
            group['lr'] = rate * min(1, (step + 1) / 50, (steps - step) / (0.3 * steps))
        own = {name: value * masks[name] for name, value in weights.items()}
        base, source = some(batch, generator), some(batch, generator)
        rows = torch.cat([base, source])
        logits, seen = network.forward(own, INPUTS[rows])
        values = FIRST[:, rows]
        classes = causal.second(values)
        loss = loss_of(logits, seen, values, classes, causal.answer(values, classes))

        # one variable, at some positions, from the source
        from_source = [x[:, batch:] for x in seen]
        positions = torch.rand(batch, N + 1, generator=generator) < 0.5
        positions[: batch // 4] = True
        vb, vs, cb, cs = values[:, :batch], values[:, batch:], classes[:, :batch], classes[:, batch:]
        if step % 2 == 0:
            vm = mixed(vb, vs, positions)
            cm = causal.second(vm)
            where, read = alignment.first, (True, True)
        else:
            vm, cm = vb, mixed(cb, cs, positions)
            where, read = alignment.second, (True, True)
        logits, seen_then = network.forward(own, INPUTS[base], swapped(where, positions, from_source))
        loss = loss + loss_of(logits, seen_then, vm, cm, causal.answer(vm, cm), read)

        # what holds no variable, from the source: nothing changes
        positions = torch.rand(batch, N + 1, generator=generator) < 0.5
        positions[: batch // 2] = True
        logits, seen_then = network.forward(own, INPUTS[base], swapped(alignment.outside(step // 2 % 2), positions, from_source))
        loss = loss + 0.4 * loss_of(logits, seen_then, vb, cb, causal.answer(vb, cb))

        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if told and (step + 1) % 100 == 0:
            told(step + 1, loss.item() / runs)
    return {name: (value * masks[name]).detach() for name, value in weights.items()}


@torch.no_grad()
def measured(weights, alignment, algorithms, pairs=2048, seed=0):
    """Of each run: accuracy on all inputs (mean of that on permutations and on others), and on random pairs interchange accuracy of either variable (half at all positions, half at some) and strict accuracy."""
    values = FIRST
    classes = causal.second(values)
    yes = causal.answer(values, classes)
    logits, seen = network.forward(weights, INPUTS)
    right = (logits[:, :, 1:].argmax(-1) == yes[algorithms][:, :, None]).all(-1).float()
    found = {'accuracy': (right[:, YES].mean(1) + right[:, NO].mean(1)) / 2}
    generator = torch.Generator().manual_seed(seed)
    base, source = some(pairs, generator), some(pairs, generator)
    positions = torch.rand(pairs, N + 1, generator=generator) < 0.5
    positions[: pairs // 2] = True
    from_source = [x[:, source] for x in seen]

    def agreement(where, expected):
        logits, _ = network.forward(weights, INPUTS[base], swapped(where, positions, from_source))
        return (logits[:, :, 1:].argmax(-1) == expected[algorithms][:, :, None]).all(-1).float().mean(1)

    vm = mixed(values[:, base], values[:, source], positions)
    cm = causal.second(vm)
    found['first'] = agreement(alignment.first, causal.answer(vm, cm))
    cm = mixed(classes[:, base], classes[:, source], positions)
    found['second'] = agreement(alignment.second, causal.answer(values[:, base], cm))
    found['strict'] = torch.minimum(*(agreement(alignment.outside(which), yes[:, base]) for which in (0, 1)))
    return found
