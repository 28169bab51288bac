"""
Runs of many sizes in one safetensors file: eight bits a weight. Of every tensor, those of all runs that have it stand one after the other; a matrix has a scale for each run and each index of its last
axis, biases are float16. The metadata describe the runs.
"""
import json
import struct

import numpy as np
import torch


def rounded(weights):
    """Whole numbers and scales, or halves."""
    packed = {}
    for name, tensor in weights.items():
        value = tensor.numpy()
        if value.ndim == 1:
            packed[name] = (value.astype(np.float16), None)
            continue
        scale = (np.abs(value).max(tuple(range(value.ndim - 1))) / 127).astype(np.float16)
        wide = scale.astype(np.float32)
        whole = np.divide(value, wide, out=np.zeros_like(value), where=wide > 0)
        packed[name] = (np.clip(np.rint(whole), -127, 127).astype(np.int8), scale)
    return packed


def unrounded(packed):
    """What a loaded model has: float32."""
    return {name: torch.tensor(value.astype(np.float32) * (1 if scale is None else scale.astype(np.float32))) for name, (value, scale) in packed.items()}


def write(path, packed, described):
    """What `rounded` gave of each run, and what is said of it."""
    tensors = {}
    for name in sorted({name for run in packed for name in run}):
        values, scales = zip(*(run[name] for run in packed if name in run))
        tensors[name] = np.concatenate([value.ravel() for value in values])
        if scales[0] is not None:
            tensors[f'{name}.scale'] = np.concatenate(scales)
    header, offset = {'__metadata__': {'runs': json.dumps(described, separators=(',', ':'))}}, 0
    for name, value in sorted(tensors.items()):
        header[name] = {'dtype': {'int8': 'I8', 'float16': 'F16'}[str(value.dtype)], 'shape': [len(value)], 'data_offsets': [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for _, value in sorted(tensors.items()):
            file.write(value.tobytes())
