"""What scikit-learn and numpy say about pairs of representations, to compare src/measure with.

    /usr/bin/python3 tests/parity/ridge.py fixture > tests/parity/ridge-fixture.json    regenerates the committed cases
    /usr/bin/python3 tests/parity/ridge.py cases.json                                   answers the cases of a file, as JSON
    /usr/bin/python3 tests/parity/ridge.py bench cases.json [pairs]                     times RidgeCV over all pairs of a file, or so many

A case names x, y (lists of rows, or float32 files beside the case file), train, test and alphas.
"""

import itertools
import json
import os
import sys
import time

try:
    import numpy as np
    import sklearn
    from sklearn.linear_model import RidgeCV
    from sklearn.metrics import r2_score
    from threadpoolctl import threadpool_info
except ImportError as error:
    print(f"numpy or scikit-learn is missing: {error}", file=sys.stderr)
    sys.exit(3)


def load(entry, folder):
    if isinstance(entry, dict):
        return np.fromfile(os.path.join(folder, entry["file"]), dtype="<f4").reshape(entry["shape"]).astype(np.float64)
    return np.array(entry, dtype=np.float64)


def ridge(x, y, case):
    train, test = case["train"], case["test"]
    model = RidgeCV(alphas=case["alphas"]).fit(x[train], y[train])
    return float(model.alpha_), float(r2_score(y[test], model.predict(x[test]), multioutput="variance_weighted"))


def angles(x, y):
    """CKA, and the cosine of the Procrustes angle, in feature space."""
    x, y = x - x.mean(0), y - y.mean(0)
    cka = np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    nuclear = np.linalg.svd(x.T @ y, compute_uv=False).sum()
    return float(cka), float(nuclear / (np.linalg.norm(x) * np.linalg.norm(y)))


def answer(case, folder="."):
    x, y = load(case["x"], folder), load(case["y"], folder)
    alpha, r2 = ridge(x, y, case)
    cka, procrustes = angles(x, y)
    return {"alpha": alpha, "r2": r2, "cka": cka, "procrustes": procrustes}


def fixture():
    """Small cases, entries multiples of 1/16 so that decimals hold them exactly; between them they choose each of the alphas."""
    rng = np.random.default_rng(20)
    shapes = [  # name, n, p, q, rank shared, noise, scale of x
        ("p below n", 40, 5, 4, 4, 0.5, 1),
        ("low rank, p above n", 30, 36, 12, 3, 0.0, 1),
        ("full rank, p above n", 30, 36, 12, 30, 1.0, 1),
        ("little signal", 40, 8, 6, 2, 3.0, 0.5),
        ("large scale", 40, 6, 5, 4, 0.1, 20),
        ("nothing shared", 30, 10, 10, 0, 2.0, 0.5),
    ]
    cases = []
    for name, n, p, q, rank, noise, scale in shapes:
        z = rng.normal(size=(n, rank))
        sides = [z @ rng.normal(size=(rank, width)) + noise * rng.normal(size=(n, width)) + 1 for width in (p, q)]
        x, y = (np.round(side * s * 16) / 16 for side, s in zip(sides, (scale, 1)))
        order = rng.permutation(n)
        held = n // 10
        case = {
            "name": name,
            "alphas": [0.1, 1, 10],
            "test": sorted(order[:held].tolist()),
            "train": sorted(order[held:].tolist()),
            "x": x.tolist(),
            "y": y.tolist(),
        }
        cases.append({**case, "expected": answer(case)})
    head = {
        "made_by": "/usr/bin/python3 tests/parity/ridge.py fixture",
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    }
    print(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}")


def bench(path, pairs):
    with open(path) as file:
        spec = json.load(file)
    folder = os.path.dirname(path)
    xs, ys = ([load(entry, folder) for entry in spec[side]] for side in ("xs", "ys"))
    alpha, r2 = [], []
    fits = 0
    start, cpu = time.perf_counter(), time.process_time()
    for x, y in itertools.islice(itertools.product(xs, ys), pairs):
        a, r = ridge(x, y, spec)
        alpha.append(a)
        r2.append(r)
        fits += 1
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    blas = ", ".join(f"{x['internal_api']} {x.get('architecture', '?')} x {x['num_threads']}" for x in threadpool_info() if x["user_api"] == "blas")
    print(json.dumps({"seconds": seconds, "cpu": cpu, "fits": fits, "alpha": alpha, "r2": r2, "version": sklearn.__version__, "blas": blas}))


def main():
    if sys.argv[1] == "fixture":
        fixture()
    elif sys.argv[1] == "bench":
        bench(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None)
    else:
        with open(sys.argv[1]) as file:
            cases = json.load(file)
        print(json.dumps([answer(case, os.path.dirname(sys.argv[1])) for case in cases]))


main()
