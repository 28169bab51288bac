"""A task as `congruity export-inputs` writes it."""
import numpy as np

from ._file import FingerprintError, inputs_digest, read

_FORMAT = 1


class Tokens:
    """Lists of tokens, and where logits are read in each. Lists of one length are run together."""

    def __init__(self, padded, positions):
        ids = padded.astype(np.int64)
        self.rows = [row[: int((row >= 0).sum())] for row in ids]
        self.positions = np.asarray(positions, np.int64)
        groups = {}
        for index, row in enumerate(self.rows):
            groups.setdefault(len(row), []).append(index)
        self.groups = [np.array(indices) for indices in groups.values()]

    def __len__(self):
        return len(self.rows)

    def batches(self, size):
        """(indices, ids [batch, length], positions [batch]) of at most so many rows each."""
        for group in self.groups:
            for start in range(0, len(group), size):
                some = group[start : start + size]
                yield some, np.stack([self.rows[i] for i in some]), self.positions[some]


class Inputs:
    """What `congruity export-inputs` wrote: read it with `read_inputs`."""

    def __init__(self, path):
        self.path = path
        self.said, tensors = read(path, "inputs")
        if self.said.get("format") != _FORMAT:
            raise FingerprintError(
                f"the inputs are of format {self.said.get('format')}, and only {_FORMAT} is read",
                str(path),
                "use congruity_fingerprint of the same version as congruity",
            )
        self._tensors = tensors
        self.tokens = Tokens(tensors["inputs"], tensors["positions"])
        self.measured = tensors["measured"].astype(np.int64)
        targets = tensors.get("targets")
        self.targets = None if targets is None else targets.astype(np.int64)
        if inputs_digest(self.tokens.rows) != self.said["inputs"]["digest"]:
            raise FingerprintError("the inputs are not those that their digest is of", str(path), "export them again")

    @property
    def like(self):
        """True where the interventions of another fingerprint are to be made again."""
        return "parts" in self.said

    def counterfactuals(self, name):
        """Of a draw by number, or of the search."""
        return Tokens(self._tensors[f"counterfactuals.{name}"], self.tokens.positions)

    def pairs(self, side):
        """Bases or sources of the pairs, and the answers that count to each, or None."""
        answers = self._tensors.get(f"response.{side}.answers")
        tokens = Tokens(self._tensors[f"response.{side}"], self._tensors[f"response.{side}.positions"])
        return tokens, None if answers is None else answers.astype(np.int64)

    def meets(self, score):
        behaviour = self.said["behaviour"]
        return bool(score >= behaviour["bound"] if behaviour["better"] == "higher" else score <= behaviour["bound"])

    def score(self, logits, clean, own=None):
        """Mean score of logits [inputs, outputs]; `clean` are those without interventions."""
        kind = self.said["behaviour"]["kind"]
        if kind == "own" and own is None:
            raise FingerprintError(
                f"the behaviour {self.said['task']['behaviour']!r} is a function of its task, which cannot be exported",
                str(self.path),
                "give it in Python as well: fingerprint(..., score=lambda logits: ...), a score for each input",
            )
        if own is not None:
            scores = np.asarray(own(logits), np.float64)
            if scores.shape != (len(logits),):
                raise FingerprintError(f"score gave shape {scores.shape} instead of ({len(logits)},)", "score")
            return float(scores.mean())
        wide = logits.astype(np.float64)
        each = np.arange(len(wide))
        if self.targets is not None and not (self.targets < wide.shape[1]).all():
            raise FingerprintError(
                f"the task names the output {self.targets.max()}, and the model has {wide.shape[1]}",
                str(self.path),
                "give the logits of the model for which the task is",
            )
        if kind == "accuracy":
            right = self.targets[:, 0]
            return float(((wide.argmax(1) == right) & ~np.isnan(wide[each, right])).mean())
        if kind == "crossEntropy":
            return float((_log_sum_exp(wide) - wide[each, self.targets[:, 0]]).mean())
        if kind == "logitDifference":
            return float((wide[each, self.targets[:, 0]] - wide[each, self.targets[:, 1]]).mean())
        before = clean.astype(np.float64)
        log_p = before - _log_sum_exp(before)[:, None]
        log_q = wide - _log_sum_exp(wide)[:, None]
        p = np.exp(log_p)
        return float(np.where(p > 0, p * (log_p - log_q), 0).sum(1).mean())


def _log_sum_exp(rows):
    top = rows.max(1)
    return top + np.log(np.exp(rows - top[:, None]).sum(1))


def read_inputs(path):
    """Reads what `congruity export-inputs` wrote. Raises FingerprintError for a file that is damaged or of another kind."""
    return Inputs(path)
