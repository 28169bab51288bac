"""Makes a fingerprint of a model, as `congruity fingerprint` does."""
import platform
from collections import Counter

import numpy as np

from ._draws import Drawer
from ._file import FingerprintError, check_place, write
from ._responses import responses

VERSION = "0.2.0"
_MOST_OUTPUTS = 2**24


def fingerprint(inputs, model, out, score=None, precision="float32", min_acceptance=0.2, progress=None):
    """
    Runs the model with the interventions that the inputs ask for, and writes the file that `congruity gate` takes as a baseline.

    inputs: from read_inputs. model: a TorchModel, or anything with its methods. out: path of the file.
    score: for a behaviour that is a function of its task: from logits [inputs, outputs] to a score for each.
    precision: of Gram matrices, 'float32' or 'float64'. min_acceptance: smallest share of draws that keep the behaviour.
    progress: called with (done, of how many) draws.
    Returns what the file says of itself. Raises FingerprintError: of a model that does not do the task, a BehaviourError.
    """
    if precision not in ("float32", "float64"):
        raise FingerprintError(f"there is no precision {precision!r}", "precision", "'float32' or 'float64'")
    said = inputs.said
    options = said["options"]
    sites = list(options.get("sites") or model.representation)
    _check(model, inputs, sites)
    check_place(out)
    components = [one for part in model.parts for one in part.components()]
    known = {name: (name, *rest) for name, *rest in components}
    drawer = Drawer(model, inputs, sites, score, precision)
    drawer.itself()
    draws = len(said["draws"])
    searched = said.get("searched")
    if inputs.like:
        pool = [known[name] for name in said["pool"]]
    else:
        small = [one for part in model.parts if part.kind != "layer" for one in part.components()]
        pool, searched = drawer.search(small or components)
    for index in range(1, draws + 1):
        if progress:
            progress(index - 1, draws)
        chosen = [known[name] for name in said["draws"][index - 1]["components"]] if inputs.like else None
        drawer.draw(index, pool, chosen)
    accepted = len(drawer.said) - 1
    if accepted < max(1, min_acceptance * draws):
        raise FingerprintError(
            f"{accepted} of {draws} draws keep the behaviour of {model.name}",
            said["task"]["name"],
            "it does not work like the model whose interventions are made again: make a fingerprint of its own",
        )
    outputs, tensors = _outputs(drawer.clean.logits)
    answers, more = responses(model, inputs)
    whole = {
        "format": 1,
        "writer": f"congruity_fingerprint {VERSION}",
        "environment": {
            "congruity": VERSION,
            "node": f"Python {platform.python_version()}",
            "platform": f"{platform.system().lower()} {platform.machine()}",
            "backend": model.backend,
            "backendDescription": model.backend,
        },
        "model": {"name": model.name, "kind": model.kind, "fingerprint": model.fingerprint},
        "parts": [part.said() for part in model.parts],
        "task": said["task"],
        "inputs": said["inputs"],
        "options": {**options, "minAcceptance": min_acceptance},
        "behaviour": drawer.behaviour,
        **({"searched": searched} if searched else {}),
        "pool": [name for name, *_ in pool],
        "tried": drawer.tried + 1,
        "untouched": drawer.untouched,
        "draws": drawer.said,
        "outputs": outputs,
        "responses": answers,
    }
    write(out, "fingerprint", f"{model.name} on {said['task']['name']}", whole, {**drawer.tensors, **tensors, **more})
    if progress:
        progress(draws, draws)
    return whole


def _outputs(logits):
    if logits.nbytes > _MOST_OUTPUTS:
        return f"they would take {logits.nbytes} bytes, and at most {_MOST_OUTPUTS} are kept", {}
    if not np.isfinite(logits).all():
        return "they are not all finite", {}
    return logits.shape[1], {"outputs": logits}


def _check(model, inputs, sites):
    said = inputs.said
    there = set(model.sites())
    missing = next((site for site in sites if site not in there), None)
    if missing is not None or not sites:
        raise FingerprintError(
            f"{model.name} has no site {missing!r}" if sites else f"{model.name} names no site for its representation",
            "sites",
            f"it has {', '.join(sorted(there))}",
        )
    if said["options"]["outside"] != "grow" and not inputs.like:
        raise FingerprintError("only draws that grow are made here", "options.outside")
    if inputs.like:
        own = [part.said() for part in model.parts]
        if own != said["parts"]:
            raise FingerprintError(
                f"{model.name} has other components than the model whose interventions are made again",
                "parts",
                "export inputs without --like, and make a fingerprint of its own",
            )
        if model.kind != said["kind"]:
            raise FingerprintError(f"{model.name} is of kind {model.kind!r}, and the fingerprint of {said['kind']!r}", "kind")
    patched = _patched(said, model, inputs.like)
    lacking = next((part.site for part in patched if part.site not in there), None)
    if lacking is not None:
        raise FingerprintError(f"{model.name} has components at {lacking!r}, and no such site", "sites", "map it to a module")
    if not model.name:
        raise FingerprintError("the model has no name", "name", "what a report is to call it")
    _check_parts(model, inputs.tokens, patched)


def _check_parts(model, tokens, patched):
    names = [name for part in model.parts for name, *_ in part.components()]
    if not names:
        raise FingerprintError(f"{model.name} has no components, so there is nothing to replace", "parts", "name some: Part(...)")
    twice = next((name for name, times in Counter(names).items() if times > 1), None)
    if twice is not None:
        raise FingerprintError(f"{model.name} has two components called {twice!r}", "parts", "give each part a name of its own")
    _, ids, positions = next(tokens.batches(1))
    _, activations = model.run(ids, positions, {}, sorted({part.site for part in patched}))
    for part in patched:
        axes = model.axes(part.site)
        if part.axis is None:
            continue
        if part.axis not in axes:
            raise FingerprintError(
                f"{part.name} is along the axis {part.axis!r}, and {part.site} has {', '.join(axes)}", "parts", "name one of these"
            )
        size = activations[part.site].shape[1 + axes.index(part.axis)]
        if part.count > size:
            raise FingerprintError(
                f"{part.name} counts {part.count} along the axis {part.axis!r} of {part.site}, which is {size} long",
                "parts",
                f"at most {size}",
            )


def _patched(said, model, like):
    """Parts of which components may be replaced: those that the fingerprint names, or all but whole layers, where there are others."""
    if like:
        names = {name for draw in said["draws"] for name in draw["components"]} | set(said["pool"])
        return [part for part in model.parts if any(name in names for name, *_ in part.components())]
    return [part for part in model.parts if part.kind != "layer"] or model.parts
