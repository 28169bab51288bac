"""Runs of a model over all inputs: as it is, and with components replaced by their activations on other inputs."""
import numpy as np

from ._file import FingerprintError
from ._model import Replacement

# bytes of activations that are kept, rather than computed again for each run
_KEPT = 2**28
_BATCH = 256


def pooled(activation, axes, pool):
    """Features [batch, p]: what becomes of the positions, as congruity pools them."""
    if pool != "none" and "position" in axes:
        axis = 1 + axes.index("position")
        if pool == "last":
            activation = activation.take(-1, axis)
        else:
            activation = activation.astype(np.float64).mean(axis).astype(np.float32)
    return activation.reshape(len(activation), -1)


def gram(features):
    """X X^T of features [n, p], centred over the inputs, in float64; zeros where nothing varies by more than rounding."""
    x = features.astype(np.float64)
    raw = (x * x).sum()
    x -= x.mean(0)
    found = x @ x.T
    if not np.isfinite(found).all():
        raise FingerprintError("an activation is not a finite number, or its square is not", hint="mend the model, or leave the site out")
    return np.zeros_like(found) if np.trace(found) <= 2.0**-46 * raw else found


class Run:
    """Of all inputs: logits [inputs, outputs], and features [inputs, p] by site."""

    def __init__(self, logits, features):
        self.logits, self.features = logits, features


def run(model, tokens, replacements=None, capture=(), pool="last"):
    """`replacements(indices)` gives, for a batch, a Replacement by site."""
    logits, features = None, {}
    for indices, ids, positions in tokens.batches(_BATCH):
        put = {} if replacements is None else replacements(indices)
        found, activations = model.run(ids, positions, put, capture)
        if found.ndim != 2 or len(found) != len(ids):
            raise FingerprintError(
                f"the model gave logits of shape {found.shape} for {len(ids)} inputs", "logits", "they are [inputs, outputs] where they are read"
            )
        if logits is None:
            logits = np.empty((len(tokens), found.shape[1]), np.float32)
        if found.shape[1] != logits.shape[1]:
            raise FingerprintError("inputs have different numbers of outputs", "logits")
        logits[indices] = found
        for site in capture:
            rows = pooled(activations[site], model.axes(site), pool)
            there = features.setdefault(site, np.empty((len(tokens), rows.shape[1]), np.float32))
            if there.shape[1] != rows.shape[1]:
                raise FingerprintError("inputs of different lengths have different numbers of features", site, "take pool 'last' or 'mean'")
            there[indices] = rows
    return Run(logits, features)


class Sources:
    """Activations on other inputs, one for each input, at some sites."""

    def __init__(self, model, tokens, sites):
        self._model, self._tokens, self._sites = model, tokens, list(sites)
        self._kept, self._bytes = {}, 0

    def at(self, indices):
        """By site [batch, ...], of the same batch of inputs."""
        key = indices.tobytes()
        if key in self._kept:
            return self._kept[key]
        ids = np.stack([self._tokens.rows[i] for i in indices])
        _, activations = self._model.run(ids, self._tokens.positions[indices], {}, self._sites)
        size = sum(one.nbytes for one in activations.values())
        if self._bytes + size <= _KEPT:
            self._kept[key] = activations
            self._bytes += size
        return activations

    def replacing(self, components):
        """What replaces these components, as `run` takes it."""
        places = {}
        for _, site, axis, index in components:
            at = places.setdefault(site, {})
            if axis is not None:
                at.setdefault(axis, []).append(index)
        if not places:
            return None
        return lambda indices: {site: Replacement(self.at(indices)[site], at) for site, at in places.items()}
