"""Training of many runs at once: full determinism by seed, one minibatch for all runs of a call."""
import math

import torch
import torch.nn.functional as F

import data
import network

TOKENS = torch.tensor(data.inputs())


def one_hot(variable):
    """The intermediate variable as the network is to hold it: [625, slots x classes], and its values [625, slots]."""
    function, classes = data.VARIABLES[variable]
    values = torch.tensor(function(data.inputs()))
    return F.one_hot(values, classes).flatten(1).float(), values, classes


class Variable:
    """Forces the last position's residual after layer 0 to hold a variable (a linear readout gives it) and nothing else (it is a linear function of it)."""

    def __init__(self, name, runs, generator):
        self.held, self.values, self.classes = one_hot(name)
        wide = self.held.shape[1]
        self.readout = (0.1 * torch.randn(runs, network.SIZES['d_model'], wide, generator=generator)).requires_grad_()
        self.writing = torch.zeros(runs, wide, network.SIZES['d_model']).requires_grad_()
        self.parameters = [self.readout, self.writing]

    def loss(self, mid, rows, nothing_else):
        runs, n = mid.shape[:2]
        slots = self.values.shape[1]
        read = torch.bmm(mid, self.readout).view(-1, self.classes)
        holds = F.cross_entropy(read, self.values[rows].reshape(-1).repeat(runs), reduction='sum') / (n * slots)
        spread = (mid - mid.mean(1, keepdim=True)).square().mean().detach()
        rest = (mid - self.held[rows] @ self.writing).square().mean((1, 2)).sum() / spread
        return holds + nothing_else * rest


class Teacher:
    """Logits and residuals of trained runs, one for each student."""

    def __init__(self, weights):
        with torch.no_grad():
            logits, residuals, _ = network.forward(weights, TOKENS)
        self.logits, self.residuals = logits, torch.stack(residuals)
        self.logit_spread = (logits - logits.mean(1, keepdim=True)).square().mean((1, 2), keepdim=True)
        self.spread = (self.residuals - self.residuals.mean(2, keepdim=True)).square().mean((2, 3), keepdim=True)

    def logits_loss(self, logits, rows):
        return ((logits - self.logits[:, rows]).square() / self.logit_spread).mean((1, 2)).sum()

    def residuals_loss(self, residuals, rows):
        return ((torch.stack(residuals) - self.residuals[:, :, rows]).square() / self.spread).mean((0, 2, 3)).sum()


def fit(weights, labels, *, seed, steps, rate=4e-3, batch=128, decay=0.0, frozen=(), variable=None, distil=None, match=None, schedule=True):
    """
    Trains weights in place of copies. labels [runs, 625] or None. variable: name of an intermediate variable to force; distil: a Teacher whose logits take the labels' place;
    match: a Teacher whose residuals are to be matched, beside the labels.
    """
    weights = {name: value.clone().requires_grad_(name not in frozen) for name, value in weights.items()}
    runs = weights['embed.W_E'].shape[0]
    generator = torch.Generator().manual_seed(seed)
    forced = Variable(variable, runs, generator) if variable else None
    trained = [value for value in weights.values() if value.requires_grad] + (forced.parameters if forced else [])
    optimiser = torch.optim.AdamW(trained, lr=rate, weight_decay=decay, betas=(0.9, 0.98))
    for step in range(steps):
        for group in optimiser.param_groups:
            group['lr'] = rate * min(1, (step + 1) / 50) * (0.5 * (1 + math.cos(math.pi * step / steps)) if schedule else 1)
        rows = torch.randint(0, len(TOKENS), (batch,), generator=generator)
        logits, residuals, _ = network.forward(weights, TOKENS[rows])
        loss = 0
        if distil is None:
            loss = loss + F.cross_entropy(logits.reshape(-1, 2), labels[:, rows].reshape(-1), reduction='sum') / batch
        else:
            loss = loss + distil.logits_loss(logits, rows)
        if forced:
            # the variable first, then nothing but the variable
            loss = loss + forced.loss(residuals[1], rows, min(1, max(0, 3 * step / steps - 1)))
        if match is not None:
            loss = loss + match.residuals_loss(residuals, rows)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return {name: value.detach() for name, value in weights.items()}


def accuracy(weights, labels):
    """[runs]"""
    with torch.no_grad():
        return (network.forward(weights, TOKENS)[0].argmax(-1) == labels).float().mean(1)
