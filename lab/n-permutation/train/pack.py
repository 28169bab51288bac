"""
Runs of many sizes in one safetensors file: eight bits a weight. Of every tensor, those of all runs that have it stand one after the other; a matrix has a scale for each run and each
index of its last axis, biases are float16. The metadata describe the runs.
"""
import json
import struct

import numpy as np
import torch

import network


def rounded(weights):
    """Of arrays with the run as first axis: whole numbers and scales, or halves."""
    packed = {}
    for name, tensor in weights.items():
        value = tensor.numpy()
        if value.ndim == 2:
            packed[name] = (value.astype(np.float16), None)
            continue
        scale = (np.abs(value).max(tuple(range(1, value.ndim - 1)), keepdims=True) / 127).astype(np.float16).astype(np.float32)
        whole = np.divide(value, scale, out=np.zeros_like(value), where=scale > 0)
        packed[name] = (np.clip(np.rint(whole), -127, 127).astype(np.int8), scale.astype(np.float16))
    return packed


def unrounded(packed):
    """What a loaded model has: float32."""
    return {name: torch.tensor(value.astype(np.float32) * (1 if scale is None else scale.astype(np.float32))) for name, (value, scale) in packed.items()}


def write(path, packed, runs):
    """runs: descriptions, each with `at`, its place in the arrays, and `size`."""
    tensors = {}
    for name, (value, scale) in packed.items():
        parts, scales = [], []
        for run in runs:
            shape = network.shapes(run['size']).get(name)
            if shape is None:
                continue
            parts.append(value[(run['at'], *(slice(0, length) for length in shape))].ravel())
            if scale is not None:
                scales.append(scale[run['at']].ravel()[: shape[-1]])
        if parts:
            tensors[name] = np.concatenate(parts)
        if scales:
            tensors[f'{name}.scale'] = np.concatenate(scales)
    metadata = {'runs': json.dumps([{key: value for key, value in run.items() if key != 'at'} for run in runs], separators=(',', ':'))}
    header, offset = {'__metadata__': metadata}, 0
    for name in sorted(tensors):
        value = tensors[name]
        header[name] = {'dtype': {'int8': 'I8', 'float16': 'F16'}[str(value.dtype)], 'shape': [len(value)], 'data_offsets': [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for name in sorted(tensors):
            file.write(np.ascontiguousarray(tensors[name]).tobytes())
