"""Models of PyTorch, whose activations are read and replaced by hooks."""
import hashlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Optional, Sequence

import numpy as np
import torch

from ._file import FingerprintError


@dataclass(frozen=True)
class Site:
    """
    Where an activation is: the output of a module, or its input (`on='input'`); of a tuple, its first.

    axes: names of its axes after the batch. heads: splits the last axis into so many heads, named 'head', and what each has.
    """

    module: Any
    axes: Sequence[str] = ("position", "feature")
    on: str = "output"
    heads: Optional[int] = None


def _first(value):
    return value[0] if isinstance(value, (tuple, list)) else value


def _with_first(value, first):
    return type(value)([first, *value[1:]]) if isinstance(value, (tuple, list)) else first


class TorchModel:
    """
    A module with its sites by name.

    logits: from what the module returns to logits [batch, (positions,) outputs]; default: its `logits`, or itself.
    parts: its components, as transformer_parts names them. representation: the sites that stand for it.
    inputs: from token ids [batch, length] to what the module is called with; default: the ids alone.
    kind: as congruity calls the format that the candidate of a gate has.
    """

    def __init__(self, module, sites, parts, representation, name, logits=None, inputs=None, kind="transformer", device=None):
        self.name, self.kind = name, kind
        self.parts, self.representation = list(parts), list(representation)
        self.backend = f"torch {torch.__version__}"
        self._module, self._sites = module, dict(sites)
        self._logits = logits or (lambda found: getattr(found, "logits", found))
        self._inputs = inputs or (lambda ids: (ids,))
        first = next(iter(module.parameters()), None)
        self._device = device or (first.device if first is not None else "cpu")

    def sites(self):
        return list(self._sites)

    def axes(self, site):
        axes = list(self._sites[site].axes)
        return axes if self._sites[site].heads is None else [*axes[:-1], "head", axes[-1]]

    @property
    def fingerprint(self):
        """SHA-256 of all weights."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self._module.state_dict().items()):
            array = tensor.detach().cpu().contiguous()
            digest.update(f"{name} {array.dtype} {list(array.shape)}\n".encode())
            digest.update(array.flatten().view(torch.uint8).numpy().tobytes() if array.numel() else b"")
        return digest.hexdigest()

    def run(self, ids, positions, replacements, capture):
        """Logits [batch, outputs] at the positions, and activations by site, as float32 arrays."""
        captured = {}
        with ExitStack() as stack:
            stack.enter_context(torch.no_grad())
            stack.enter_context(self._evaluating())
            # what is put in is captured: replaced first, then read
            for site in [*replacements, *(one for one in capture if one not in replacements)]:
                handle = self._hook(site, replacements.get(site), captured if site in capture else None)
                stack.callback(handle.remove)
            tokens = torch.as_tensor(np.asarray(ids), dtype=torch.long, device=self._device)
            found = self._logits(self._ran(tokens))
            if found.dim() == 3 and len(found) == len(tokens) and max(positions, default=0) < found.shape[1]:
                rows = torch.arange(len(tokens), device=found.device)
                found = found[rows, torch.as_tensor(np.asarray(positions), device=found.device)]
            logits = found.float().cpu().numpy()
        missing = [site for site in capture if site not in captured]
        if missing:
            raise FingerprintError(f"the module of {missing[0]} was not called", "sites", "name a module that the model runs")
        return logits, captured

    def _ran(self, tokens):
        try:
            return self._module(*self._inputs(tokens))
        except (IndexError, RuntimeError, ValueError) as error:
            # of a module that does not know a token, say; where it was raised stays in the chain
            shape = " x ".join(str(size) for size in tokens.shape)
            raise FingerprintError(
                f"the module fails on {shape} tokens: {error}", self.name, "it must take the inputs of the task, and their counterfactuals"
            ) from error

    @contextmanager
    def _evaluating(self):
        training = [(module, module.training) for module in self._module.modules()]
        self._module.eval()
        try:
            yield
        finally:
            for module, was in training:
                module.training = was

    def _hook(self, name, replacement, captured):
        site = self._sites[name]

        def changed(value):
            tensor = _first(value)
            if not torch.is_tensor(tensor):
                raise FingerprintError(f"{name} is no tensor, but {type(tensor).__name__}", "sites")
            view = tensor if site.heads is None else tensor.unflatten(-1, (site.heads, tensor.shape[-1] // site.heads))
            if view.dim() != 1 + len(self.axes(name)):
                raise FingerprintError(f"{name} has shape {tuple(view.shape)}, and axes batch, {', '.join(self.axes(name))}", "sites")
            if replacement is not None:
                values = torch.as_tensor(replacement.values, dtype=view.dtype, device=view.device)
                if values.shape != view.shape:
                    raise FingerprintError(f"{name} is {tuple(view.shape)}, and {tuple(values.shape)} is put in", "sites")
                view = self._put(view, values, replacement.at, self.axes(name))
            if captured is not None:
                captured[name] = view.detach().float().cpu().numpy().copy()
            if replacement is None:
                return None
            return _with_first(value, view if site.heads is None else view.flatten(-2))

        if site.on == "input":
            return site.module.register_forward_pre_hook(lambda _, given: changed(given))
        if site.on != "output":
            raise FingerprintError(f"{name} is on {site.on!r} of its module", "sites", "'input' or 'output'")
        return site.module.register_forward_hook(lambda _, __, found: changed(found))

    @staticmethod
    def _put(view, values, at, axes):
        if not at:
            return values
        mask = torch.ones((), dtype=torch.bool, device=view.device)
        for axis, indices in at.items():
            dim = 1 + axes.index(axis)
            along = torch.zeros(view.shape[dim], dtype=torch.bool, device=view.device)
            along[torch.as_tensor(list(indices), device=view.device)] = True
            mask = mask & along.view([-1 if d == dim else 1 for d in range(view.dim())])
        return torch.where(mask, values, view)
