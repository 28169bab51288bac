"""Draws implementations of a model: as many random components as its behaviour allows, replaced by their activations on other inputs."""
import numpy as np

from ._file import BehaviourError, FingerprintError, inputs_digest
from ._runs import Sources, gram, run

# draws that are kept at every site, and Gram matrices of a draw with fewer components
_PER_SITE = 8
_CONTROLS = 2
_LOOKED_AT = 6


def looked_at(sites):
    """Numbers of the sites that are kept of every draw: all, or six evenly spread."""
    if sites <= _LOOKED_AT:
        return list(range(sites))
    return [int(i * (sites - 1) / (_LOOKED_AT - 1) + 0.5) for i in range(_LOOKED_AT)]


def longest(count, holds):
    """The size of the longest beginning of `count` things that holds: it did, and one more did not."""
    held, breaks = 0, count + 1
    while breaks - held > 1:
        middle = (held + breaks) // 2
        held, breaks = (middle, breaks) if holds(middle) else (held, middle)
    return held


class Drawer:
    """The draws of one model on a task."""

    def __init__(self, model, inputs, sites, score, precision):
        self.model, self.inputs, self.sites = model, inputs, sites
        self._score, self._precision = score, precision
        self._pooling = inputs.said["options"]["pool"]
        self.clean = run(model, inputs.tokens, None, sites, self._pooling)
        self.behaviour = self._of(self.clean)
        if not inputs.meets(self.behaviour):
            self._require_numbers()
            raise BehaviourError(
                f"{model.name} scores {self.behaviour:.4g} {inputs.said['task']['behaviour']}; the task asks for {inputs.said['task']['threshold']}",
                inputs.said["task"]["name"],
                "train it further: a model that does not do the task has no interpretation of it",
            )
        self.tried = 0
        self.said, self.tensors = [], {}
        self._first = None
        self.untouched = list(sites)

    def _of(self, one):
        return self.inputs.score(one.logits, self.clean.logits if one is not self.clean else one.logits, self._score)

    def _require_numbers(self):
        none = int(np.isnan(self.clean.logits).any(1).sum())
        if none > 0 or np.isnan(self.behaviour):
            raise FingerprintError(
                f"{none} of {len(self.clean.logits)} inputs give logits that are no numbers"
                if none > 0
                else f"the score of {self.model.name} is no number",
                self.inputs.said["task"]["name"],
                "training may have diverged" if none > 0 else "mend what computes it",
            )

    def search(self, components):
        """The components that can be replaced without breaking the behaviour: groups that keep it whole, and the halves of those that do not."""
        sources = Sources(self.model, self.inputs.counterfactuals("search"), {site for _, site, _, _ in components})
        runs, free = 0, []
        groups = [list(components)]
        while groups:
            group = groups.pop()
            runs += 1
            if self.inputs.meets(self._of(run(self.model, self.inputs.tokens, sources.replacing(group)))):
                free += group
            elif len(group) > 1:
                groups += [group[len(group) // 2 :], group[: len(group) // 2]]
        if not free:
            raise FingerprintError(
                f"every component of {self.model.name} breaks its behaviour alone",
                self.inputs.said["task"]["name"],
                "lower the task's threshold, or give finer parts",
            )
        known = set(free)
        pool = [one for one in components if one in known]
        return pool, {"components": len(components), "patchable": len(pool), "runs": runs}

    def itself(self):
        self._keep(f"{self.model.name} itself", self.clean, [], 0, None, [])

    def draw(self, index, pool, chosen=None):
        """A draw of its own, or with components that are given."""
        given = self.inputs.said["draws"][index - 1]
        counterfactuals = self.inputs.counterfactuals(index)
        # of all that may be asked for, so that they are captured once
        wanted = {site for _, site, _, _ in (pool if chosen is None else [*chosen, *pool])}
        sources = Sources(self.model, counterfactuals, wanted)
        done = {}

        def attempt(components):
            key = tuple(name for name, *_ in components)
            if key not in done:
                found = run(self.model, self.inputs.tokens, sources.replacing(components), self.sites, self._pooling)
                done.clear()  # the last one is what is kept
                done[key] = found
            return done[key]

        if chosen is None:
            order = [pool[i] for i in np.random.default_rng(given["seed"]).permutation(len(pool))]
            size = longest(len(order), lambda some: self.inputs.meets(self._of(attempt(order[:some]))))
            chosen = order[:size]
        found = attempt(chosen) if chosen else self.clean
        self.tried += 1
        if not self.inputs.meets(self._of(found)):
            return
        controls, size = [], len(pool) // 2
        while size > 0 and len(controls) < _CONTROLS:
            if size < len(chosen):
                fewer = run(self.model, self.inputs.tokens, sources.replacing(chosen[:size]), self.sites, self._pooling)
                if self.inputs.meets(self._of(fewer)):
                    controls.append((size, sum(self._grams(fewer))))
            size //= 2
        what = f"{len(chosen)} components" if chosen else "nothing"
        self._keep(
            f"{self.model.name} with {what} resampled (draw {index})",
            found,
            [name for name, *_ in chosen],
            given["seed"],
            counterfactuals if chosen else None,
            controls,
        )

    def _grams(self, one):
        return [gram(one.features[site][self.inputs.measured]) for site in self.sites]

    def _keep(self, description, one, components, seed, counterfactuals, controls):
        index = len(self.said)
        grams = self._grams(one)
        if not sum(np.trace(found) for found in grams) > 0:
            raise FingerprintError(f"{description}: the representation is the same for every input", hint="take other sites")
        if self._first is None:
            self._first = one.features
        as_first = [site for site in self.sites if np.array_equal(one.features[site], self._first[site])]
        self.untouched = [site for site in self.untouched if site in as_first]
        every = range(len(self.sites))
        stored = every if index < _PER_SITE else looked_at(len(self.sites)) if len(self.sites) > 1 else []
        for at in stored:
            self.tensors[f"draw.{index}.gram.{self.sites[at]}"] = self._packed(grams[at], description)
        if len(stored) < len(self.sites):
            self.tensors[f"draw.{index}.gram"] = self._packed(sum(grams), description)
        for size, found in controls:
            self.tensors[f"draw.{index}.control.{size}"] = self._packed(found, description)
        self.said.append(
            {
                "description": description,
                "recipe": {"components": components, "seed": seed},
                **({} if counterfactuals is None else {"counterfactuals": inputs_digest(counterfactuals.rows)}),
                "sample": {
                    "behaviour": self._of(one),
                    "sites": self.sites,
                    "features": sum(one.features[site].shape[1] for site in self.sites),
                    "asFirst": as_first,
                    "perSite": index < _PER_SITE,
                    "looks": len(self.sites) > 1,
                },
                "controls": [size for size, _ in controls],
            }
        )

    def _packed(self, matrix, description):
        packed = matrix[np.tril_indices(len(matrix))]
        if self._precision == "float64":
            return packed
        narrow = packed.astype(np.float32)
        whole = np.abs(packed).sum()
        if not (np.isfinite(narrow).all() and abs(float(np.abs(narrow).sum(dtype=np.float64)) - whole) <= 1e-6 * whole):
            raise FingerprintError(f"the values of {description} are beyond what float32 can hold", "precision", "precision='float64'")
        return narrow
