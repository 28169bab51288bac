"""What numpy, scipy and scikit-learn say about pairs of representations, in feature space, to compare src/measure with.

    python3 tests/parity/measures.py > tests/parity/measures-fixture.json

Nothing here goes through Gram matrices except what is defined by them (kernels, HSIC).
"""

import json

import numpy as np
import scipy
import sklearn
from scipy.linalg import subspace_angles
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, spearmanr
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import KernelCenterer


def centre(x):
    return x - x.mean(0)


def hsic1(k, l):
    """Song et al. 2012, equation 5."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    return (np.trace(k @ l) + one @ k @ one * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def debiased_cka(x, y):
    k, l = x @ x.T, y @ y.T  # HSIC centres
    return hsic1(k, l) / np.sqrt(hsic1(k, k) * hsic1(l, l))


def canonical(x, y):
    return np.sort(np.cos(subspace_angles(centre(x), centre(y))))[::-1]


def truncated(x, share):
    u, s, vt = np.linalg.svd(centre(x), full_matrices=False)
    k = int(np.searchsorted(np.cumsum(s**2) / np.sum(s**2), share) + 1)
    return (u * s)[:, :k] @ vt[:k][:, :], k


def svcca(x, y, share=0.99):
    (a, ka), (b, kb) = truncated(x, share), truncated(y, share)
    a, b = np.linalg.svd(a, full_matrices=False)[0][:, :ka], np.linalg.svd(b, full_matrices=False)[0][:, :kb]
    return np.linalg.svd(a.T @ b, compute_uv=False).tolist(), ka, kb


def variates(x, y):
    """Canonical variates of x (columns, orthonormal, all of x's dimensions) and their correlations with y, 0 where y has fewer."""
    x, y = centre(x), centre(y)
    qx, qy = np.linalg.qr(x)[0], np.linalg.qr(y)[0]
    u, s, _ = np.linalg.svd(qx.T @ qy, full_matrices=True)
    rho = np.zeros(qx.shape[1])
    rho[: len(s)] = s
    return qx @ u, rho


def pwcca_squared(x, y):
    out = []
    for a, b in ((x, y), (y, x)):
        h, rho = variates(a, b)
        weights = np.sum((h.T @ centre(a)) ** 2, 1)
        out.append(float(np.sum(weights * rho) / np.sum(weights)))
    return out


def pwcca_columns(x, y):
    if x.shape[1] > y.shape[1]:
        x, y = y, x
    h, rho = variates(x, y)
    weights = np.sum(np.abs(h.T @ centre(x)), 1)
    return float(np.sum(weights * rho) / np.sum(weights))


def rsa(x, y):
    e = pdist(x), pdist(y)
    c = pdist(centre(x), "cosine"), pdist(centre(y), "cosine")
    return {
        "euclidean spearman": float(spearmanr(*e).statistic),
        "euclidean pearson": float(pearsonr(*e).statistic),
        "cosine spearman": float(spearmanr(*c).statistic),
        "cosine pearson": float(pearsonr(*c).statistic),
    }


def gulp(x, y, lam=0.01):
    """The authors' formula over covariances, representations scaled to mean squared norm 1."""
    n = len(x)
    x, y = centre(x), centre(y)
    x, y = x / np.sqrt(np.sum(x**2) / n), y / np.sqrt(np.sum(y**2) / n)
    cx, cy, cxy = x.T @ x / n, y.T @ y / n, x.T @ y / n
    ax, ay = np.linalg.inv(cx + lam * np.eye(len(cx))), np.linalg.inv(cy + lam * np.eye(len(cy)))
    square = np.trace(ax @ cx @ ax @ cx) + np.trace(ay @ cy @ ay @ cy) - 2 * np.trace(ax @ cxy @ ay @ cxy.T)
    return float(np.sqrt(square))


def kernel_ridge(x, y, train, test, alphas):
    """KernelRidge on a centred Gaussian kernel; the penalty by leaving out every row in turn and fitting anew."""
    gamma = 1 / (2 * np.median(pdist(x, "sqeuclidean")))
    k = rbf_kernel(x, gamma=gamma)

    def predict(alpha, rows, at):
        centring = KernelCenterer().fit(k[np.ix_(rows, rows)])
        fit = KernelRidge(alpha=alpha, kernel="precomputed").fit(centring.transform(k[np.ix_(rows, rows)]), y[rows] - y[rows].mean(0))
        return fit.predict(centring.transform(k[np.ix_(at, rows)])) + y[rows].mean(0)

    errors = []
    for alpha in alphas:
        errors.append(sum(np.sum((predict(alpha, [j for j in train if j != i], [i]) - y[i]) ** 2) for i in train))
    alpha = alphas[int(np.argmin(errors))]
    return alpha, float(r2_score(y[test], predict(alpha, train, test), multioutput="variance_weighted"))


def ridge_columns(x, y, train, test):
    fit = RidgeCV(alphas=[0.1, 1, 10]).fit(x[train], y[train])
    return float(fit.alpha_), r2_score(y[test], fit.predict(x[test]), multioutput="raw_values").tolist()


def contraction(x, y, steps=200000):
    """inf |A X - Y| over contractions A (features x inputs, unit norms): projected gradient in feature space, run until nothing moves."""
    x, y = centre(x).T, centre(y).T
    x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)

    def one(x, y):
        g, c = x @ x.T, y @ x.T
        step = 1 / np.linalg.norm(g, 2)
        a = np.zeros((len(y), len(x)))
        last, momentum, b = a, 1.0, a
        for _ in range(steps):
            u, s, vt = np.linalg.svd(b - step * (b @ g - c), full_matrices=False)
            a = (u * np.minimum(s, 1)) @ vt
            if np.sum((b - a) * (a - last)) > 0:
                momentum = 1.0
            following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            b = a + (momentum - 1) / following * (a - last)
            if np.linalg.norm(a - last) < 1e-14 and np.linalg.norm(a - b) < 1e-14:
                break
            last, momentum = a, following
        return float(np.linalg.norm(a @ x - y))

    return [one(x, y), one(y, x)]


def main():
    rng = np.random.default_rng(5)
    shapes = [  # name, n, p, q, rank shared, noise
        ("few features", 30, 5, 7, 3, 0.5),
        ("more of x", 36, 9, 4, 4, 0.2),
        ("little shared", 30, 6, 6, 2, 2.0),
        ("nothing shared", 24, 5, 5, 0, 1.0),
        ("nearly linear", 40, 6, 8, 5, 0.02),
    ]
    cases = []
    for name, n, p, q, rank, noise in shapes:
        z = rng.normal(size=(n, rank)) * np.linspace(1.5, 0.5, rank)
        x, y = (np.round((z @ rng.normal(size=(rank, width)) + noise * rng.normal(size=(n, width)) + 1) * 64) / 64 for width in (p, q))
        order = rng.permutation(n)
        test, train = sorted(order[: n // 5].tolist()), sorted(order[n // 5 :].tolist())
        alphas = [1e-4, 1e-3, 1e-2, 0.1, 1]
        alpha, r2 = kernel_ridge(x, y, train, test, alphas)
        column_alpha, columns = ridge_columns(x, y, train, test)
        values, kx, ky = svcca(x, y)
        cases.append(
            {
                "name": name,
                "train": train,
                "test": test,
                "x": x.tolist(),
                "y": y.tolist(),
                "expected": {
                    "debiasedCka": float(debiased_cka(x, y)),
                    "canonical": canonical(x, y).tolist(),
                    "svcca": {"correlations": values, "kept": [kx, ky]},
                    "pwcca": pwcca_squared(x, y),
                    "pwccaColumns": pwcca_columns(x, y),
                    "rsa": rsa(x, y),
                    "gulp": {"0.01": gulp(x, y), "1": gulp(x, y, 1.0), "0.0001": gulp(x, y, 1e-4)},
                    "kernelRidge": {"alpha": alpha, "r2": r2},
                    "ridgeColumns": {"alpha": column_alpha, "columns": columns},
                    "contraction": contraction(x, y),
                },
            }
        )
    head = {
        "made_by": "python3 tests/parity/measures.py > tests/parity/measures-fixture.json",
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
    }
    print(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}")


main()
