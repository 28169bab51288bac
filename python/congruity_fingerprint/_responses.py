"""Answers of a model with roles replaced: parts that two models have in common, put in from another input."""
import re

import numpy as np

from ._file import FingerprintError
from ._model import Replacement

_KINDS = {
    "attention pattern": ("attn.hook_pattern", None),
    "attention output": ("hook_attn_out", None),
    "MLP output": ("hook_mlp_out", None),
    "residual": ("hook_resid_post", {"position": [-1]}),
}
_LAYERS = 6
_BATCH = 256
_MOST = 2**26


def _spread(some, most):
    if len(some) <= most:
        return list(some)
    return [some[int((i + 1) * len(some) / most + 0.5) - 1] for i in range(most)]


def roles_of(model):
    """As congruity names them: every kind at some layers of a transformer, otherwise the sites that stand for parts or representations."""
    roles = []
    for kind, (own, at) in _KINDS.items():
        found = [re.fullmatch(rf"blocks\.(\d+)\.{re.escape(own)}", site) for site in model.sites()]
        layers = sorted((int(one[1]), one[0]) for one in found if one)
        if kind == "residual":
            layers = layers[:-1]  # after the last layer it is all that the answers are read from
        for layer, site in _spread(layers, _LAYERS):
            roles.append({"name": f"{kind}, layer {layer}", "by": "resample", "site": site, **({"at": at} if at else {})})
    if roles:
        return roles
    stand = set(model.representation) | {part.site for part in model.parts}
    return [{"name": site, "by": "resample", "site": site} for site in _spread([s for s in model.sites() if s in stand], 4 * _LAYERS)]


def _distribution(logits, answers):
    """Probabilities of the answers, and a last column that is 1 where the logits are no numbers."""
    chosen = logits if answers is None else np.take_along_axis(logits, answers, 1)
    wide = chosen.astype(np.float64)
    top = wide.max(1, keepdims=True)
    broken = np.isnan(wide).any(1) | ~np.isfinite(top[:, 0])
    with np.errstate(invalid="ignore"):
        p = np.exp(wide - top)
        p /= p.sum(1, keepdims=True)
    p[broken] = 0
    return np.concatenate([p, broken[:, None]], 1)


def responses(model, inputs):
    """What a fingerprint says of them, and its tensors."""
    said = inputs.said["responses"]
    if "why" in said:
        return said, {}
    base, base_answers = inputs.pairs("base")
    source, source_answers = inputs.pairs("source")
    roles = said.get("roles") or roles_of(model)
    missing = next((role["site"] for role in roles if role["site"] not in model.sites()), None)
    if missing is not None or not roles:
        return {"why": f"{model.name} has no site {missing}" if roles else f"{model.name} has no part in common by name"}, {}
    if any(role["by"] != "resample" for role in roles):
        return {"why": "roles are held at their means, which only congruity itself takes"}, {}
    sites = sorted({role["site"] for role in roles})
    found = {}

    def put(name, indices, probabilities):
        there = found.setdefault(name, np.empty((len(base), probabilities.shape[1]), np.float32))
        if there.shape[1] != probabilities.shape[1]:
            raise FingerprintError("inputs have different numbers of answers", "responses")
        there[indices] = probabilities

    some = lambda answers, indices: None if answers is None else answers[indices]
    for indices, ids, positions in base.batches(_BATCH):
        logits, _ = model.run(ids, positions, {}, [])
        if base_answers is None and logits.shape[1] < 2:
            return {"why": f"{model.name} gives a single number for an input"}, {}
        put("response.base", indices, _distribution(logits, some(base_answers, indices)))
        others = np.stack([source.rows[i] for i in indices])
        logits, activations = model.run(others, source.positions[indices], {}, sites)
        put("response.source", indices, _distribution(logits, some(source_answers, indices)))
        for number, role in enumerate(roles):
            values = activations[role["site"]]
            logits, _ = model.run(ids, positions, {role["site"]: Replacement(values, role.get("at"))}, [])
            put(f"response.role.{number}", indices, _distribution(logits, some(base_answers, indices)))
    answers = found["response.base"].shape[1]
    size = sum(one.nbytes for one in found.values())
    if size > _MOST:
        return {"why": f"{answers - 1} answers to {len(base)} pairs would take {size} bytes, and at most {_MOST} are kept"}, {}
    return {"inputs": said["inputs"], "answers": answers, "roles": roles, "pairs": said["pairs"]}, found
