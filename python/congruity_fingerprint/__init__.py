"""
Fingerprints of models that run in Python, for the gates of congruity.

    from congruity_fingerprint import fingerprint, read_inputs, transformer_parts
    from congruity_fingerprint.torch import Site, TorchModel

    inputs = read_inputs("inputs.safetensors")          # congruity export-inputs wrote it
    model = TorchModel(net, sites={...}, parts=transformer_parts(12, 12, 3072), representation=[...], name="v13")
    fingerprint(inputs, model, "baselines/v13.safetensors")

docs/python.md of congruity explains it.
"""
from ._file import BehaviourError, FingerprintError
from ._fingerprint import VERSION as __version__
from ._fingerprint import fingerprint
from ._inputs import Inputs, read_inputs
from ._model import Part, Replacement, transformer_parts

__all__ = ["BehaviourError", "FingerprintError", "Inputs", "Part", "Replacement", "fingerprint", "read_inputs", "transformer_parts", "__version__"]
