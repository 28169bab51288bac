"""Arrays as numpy.save writes them, for tests/io/npy.test.ts: python3 tests/io/npy.py tests/io/fixtures"""

import json
import os
import sys

import numpy as np
from numpy.lib import format as npy

folder = sys.argv[1]
base = np.arange(-3, 9).reshape(3, 4) / 4
cases = {
    "f4-c": base.astype("<f4"),
    "f8-fortran": np.asfortranarray(base),
    "f8-big-endian": base.astype(">f8"),
    "f2": base.astype("<f2"),
    "f4-big-endian-fortran": np.asfortranarray(base.astype(">f4")),
    "i8": (base * 4).astype("<i8"),
    "u1": np.array([[1, 2], [3, 255]], dtype="u1"),
    "i2-three-axes-fortran": np.asfortranarray(np.arange(24, dtype="<i2").reshape(2, 3, 4)),
    "one-axis": np.array([1.5, -2.0]),
    "scalar": np.array(7.25),
    "empty": np.zeros((0, 5), dtype="<f4"),
    "special": np.array([[np.nan, np.inf], [-np.inf, -0.0]], dtype="<f2"),
    "structured": np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]),
    "complex": np.zeros((2, 2), dtype="<c8"),
    "text": np.array(["ab", "c"]),
}
expected = {}
for name, array in cases.items():
    with open(os.path.join(folder, f"{name}.npy"), "wb") as file:
        np.save(file, array)
    numbers = array.dtype.kind in "fiu"
    expected[name] = {"shape": list(array.shape), "values": [str(float(x)) for x in array.reshape(-1)] if numbers else None}
for version in ((2, 0), (3, 0)):
    name = f"version-{version[0]}"
    with open(os.path.join(folder, f"{name}.npy"), "wb") as file:
        npy.write_array(file, base, version=version)
    expected[name] = {"shape": [3, 4], "values": [str(float(x)) for x in base.reshape(-1)]}
with open(os.path.join(folder, "expected.json"), "w") as file:
    json.dump(expected, file, separators=(",", ":"))
    file.write("\n")
