"""Many runs in one safetensors file: eight bits a weight. A matrix has one scale for each run and each index of its last axis; vectors are float16."""
import json
import struct

import numpy as np

KINDS = {np.dtype(np.int8): 'I8', np.dtype(np.float16): 'F16'}
NAMES = {kind: dtype for dtype, kind in KINDS.items()}


def rounded(weights):
    """The tensors of the file, from arrays with the run as first axis."""
    packed = {}
    for name, value in weights.items():
        if value.ndim == 2:
            packed[name] = value.astype(np.float16)
            continue
        scale = (np.abs(value).max(tuple(range(1, value.ndim - 1)), keepdims=True) / 127).astype(np.float16).astype(np.float32)
        whole = np.divide(value, scale, out=np.zeros_like(value), where=scale > 0)
        packed[name] = np.clip(np.rint(whole), -127, 127).astype(np.int8)
        packed[f'{name}.scale'] = scale.reshape(len(value), -1).astype(np.float16)
    return packed


def unrounded(packed):
    """What a loaded model has: float32."""
    weights = {}
    for name, value in packed.items():
        if name.endswith('.scale'):
            continue
        scale = packed.get(f'{name}.scale')
        own = value.astype(np.float32)
        weights[name] = own if scale is None else own * scale.astype(np.float32).reshape(len(own), *[1] * (own.ndim - 2), -1)
    return weights


def write(path, tensors, metadata):
    header, offset = {'__metadata__': metadata}, 0
    names = sorted(tensors)
    for name in names:
        value = tensors[name]
        header[name] = {'dtype': KINDS[value.dtype], 'shape': list(value.shape), 'data_offsets': [offset, offset + value.nbytes]}
        offset += value.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for name in names:
            file.write(np.ascontiguousarray(tensors[name]).tobytes())


def read(path):
    with open(path, 'rb') as file:
        (length,) = struct.unpack('<Q', file.read(8))
        header, bytes_ = json.loads(file.read(length)), file.read()
    metadata = header.pop('__metadata__')
    return {name: np.frombuffer(bytes_[at['data_offsets'][0] : at['data_offsets'][1]], NAMES[at['dtype']]).reshape(at['shape']) for name, at in header.items()}, metadata
