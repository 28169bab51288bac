"""Files of congruity: safetensors with metadata and a digest over all of it. docs/cache.md of congruity states the format."""
import base64
import errno
import hashlib
import json
import os
import struct
import tempfile

import numpy as np

_TYPES = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
_SAID = ("congruity", "key", "kind", "about", "rows", "value")
_LONGEST_HEADER = 100_000_000


class FingerprintError(Exception):
    """What is wrong, where, and what would help."""

    def __init__(self, what, where="", hint=""):
        super().__init__("\n".join([what] + [f"  {word}: {text}" for word, text in (("at", where), ("do", hint)) if text]))
        self.what, self.where, self.hint = what, where, hint


def _reason(error):
    # what the system says, without the paths and numbers that Python puts around it
    return getattr(error, "strerror", None) or error


class BehaviourError(FingerprintError):
    """The model does not do the task: there is no way of doing it to take a fingerprint of."""


def _json(value):
    # as JavaScript's JSON.stringify writes it, which digests are over
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _digest(said, tensors):
    digest = hashlib.sha256(_json(said).encode())
    for name in sorted(tensors):
        dtype, shape, data = tensors[name]
        digest.update(_json([name, dtype, list(shape), len(data)]).encode())
        digest.update(data)
    return digest.hexdigest()


def read(path, kind):
    """What a file of this kind says, and its tensors by name: (dict, dict of arrays)."""
    path = os.fspath(path)
    try:
        with open(path, "rb") as file:
            head = file.read(8)
            length = struct.unpack("<Q", head)[0] if len(head) == 8 else _LONGEST_HEADER + 1
            if length > _LONGEST_HEADER:
                raise ValueError("it is no safetensors file")
            header = json.loads(file.read(length))
            data = file.read()
        said = header.pop("__metadata__", {})
        tensors = {
            name: (entry["dtype"], tuple(entry["shape"]), data[slice(*entry["data_offsets"])])
            for name, entry in header.items()
        }
        if any(name not in said for name in _SAID) or said["congruity"] != "1":
            raise ValueError("congruity did not write it, or another version did")
        if said.get("digest") != _digest([said[name] for name in _SAID], tensors):
            raise ValueError("it is not what was written: its digest is another one")
        if said["kind"] != kind:
            raise ValueError(f"it holds {said['kind']!r}, and {kind!r} is asked for")
        arrays = {name: np.frombuffer(raw, _TYPES[dtype]).reshape(shape) for name, (dtype, shape, raw) in tensors.items()}
        return json.loads(said["value"]), arrays
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FingerprintError(f"the file cannot be read: {_reason(error)}", path, "make it again with congruity") from error


def _beside(path):
    """A new file in the folder of another, which is made if it is not there. Raises OSError."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    os.makedirs(folder, exist_ok=True)
    return tempfile.mkstemp(dir=folder, prefix=".fingerprint-")


def _unwritable(path, error):
    return FingerprintError(f"the file cannot be written: {_reason(error)}", path, "check the folder and its permissions")


def check_place(path):
    """Before the work: raises FingerprintError if no file can be written there."""
    path = os.fspath(path)
    try:
        handle, temporary = _beside(path)
        os.close(handle)
        os.unlink(temporary)
    except OSError as error:
        raise _unwritable(path, error) from error


def write(path, kind, about, value, arrays):
    """Writes a file whole or not at all."""
    path = os.fspath(path)
    tensors = {}
    for name, array in arrays.items():
        dtype = "F64" if array.dtype == np.float64 else "F32"
        tensors[name] = (dtype, array.shape, np.ascontiguousarray(array, _TYPES[dtype]).tobytes())
    text = _json(value)
    key = hashlib.sha256(text.encode()).hexdigest()
    said = dict(zip(_SAID, ("1", key, kind, about, "0", text)))
    said["digest"] = _digest(list(said.values()), tensors)
    header, offset = {"__metadata__": said}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    head = _json(header).encode()
    head += b" " * (-len(head) % 8)
    try:
        handle, temporary = _beside(path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(struct.pack("<Q", len(head)) + head)
                for _, _, data in tensors.values():
                    file.write(data)
            # as the shell would have made it
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(temporary, 0o666 & ~mask)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise _unwritable(path, error) from error


def inputs_digest(rows):
    """SHA-256 over a line for each list of tokens: its length, a space, and what it holds."""
    digest = hashlib.sha256()
    for row in rows:
        tokens = [int(token) for token in row]
        if len(tokens) <= 64:
            content = _json(tokens)
        else:
            inner = hashlib.sha256(np.asarray(tokens, "<f8").tobytes()).digest()
            content = f"[{len(tokens)} {base64.b64encode(inner).decode()}]"
        digest.update(f"{len(tokens)} {content}\n".encode())
    return digest.hexdigest()
