/** Inner products of one matrix with another under all powers of a permutation, by Fourier transform along the permutation's orbits of pairs. */
import type { Pieces } from '../signal.js';
import { matrix, transpose, type Block, type Kernel } from '../tensor/kernels.js';
import { packedLength } from '../representation/packed.js';

// taken once: a look-up of a global is slow inside Jest's sandbox
const { cos, PI, sin } = Math;

/** orbits of one length */
interface Class {
  readonly length: number;
  readonly count: number;
  /** length x count: input pairs, step t of every orbit in row t, and where a packed lower triangle has them */
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  readonly places: Uint32Array;
  /** length x length: the real Fourier basis, cosine and minus sine of each frequency in turn */
  readonly basis: Block;
  /** of the class in a transformed matrix */
  readonly start: number;
}

/**
 * For symmetric n x n matrices Q and K and a permutation c of order h, all of
 *
 *     S(k) = sum over i, j of Q[i][j] K[c^k(i)][c^k(j)],   k = 0 .. h - 1
 *
 * at about the cost of one. c moves the n (n + 1) / 2 unordered pairs in orbits; along one of length l (a divisor of h) S is a circular correlation, so that with the transforms q and x of
 * Q and K along it S(k) = sum over frequencies f of conj(q(f)) x(f) e^(2 pi i f k / l) / l. Frequency f of l is f h / l of h; for each of these h / 2 the orbits are one inner product.
 */
export class PairOrbits {
  readonly #kernel: Kernel;
  readonly #order: number;
  readonly #classes: readonly Class[];
  /** a matrix's entries along the orbits, before the transform */
  readonly #gathered: Block;
  /** doubles of a transformed matrix: as many as pairs */
  readonly length: number;

  constructor(kernel: Kernel, n: number, cycle: Uint32Array, order: number) {
    this.#kernel = kernel;
    this.#order = order;
    this.length = packedLength(n);
    const seen = new Uint8Array(this.length);
    const place = (i: number, j: number): number => (i < j ? (j * (j + 1)) / 2 + i : (i * (i + 1)) / 2 + j);
    const byLength = new Map<number, [number, number][][]>();
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const orbit: [number, number][] = [];
        for (let [a, b] = [i, j]; seen[place(a, b)] === 0; [a, b] = [cycle[a]!, cycle[b]!]) {
          seen[place(a, b)] = 1;
          orbit.push([a, b]);
        }
        if (orbit.length === 0) continue;
        const alike = byLength.get(orbit.length);
        if (alike) alike.push(orbit);
        else byLength.set(orbit.length, [orbit]);
      }
    let start = 0;
    this.#classes = [...byLength].map(([length, orbits]) => {
      const count = orbits.length;
      const each = (of: (a: number, b: number) => number): Uint32Array =>
        Uint32Array.from({ length: length * count }, (_, at) => of(...orbits[at % count]![Math.floor(at / count)]!));
      const found = {
        length,
        count,
        rows: each((a) => a),
        columns: each((_, b) => b),
        places: each(place),
        basis: fourier(kernel, length),
        start,
      };
      start += length * count;
      return found;
    });
    this.#gathered = kernel.alloc(this.length);
  }

  /** the transform of K[by[i]][by[j]], K row-major n x n, into row `row` of `to`; entries off the diagonal count `weight` times: twice in Q, once in K */
  transformFull(data: Float64Array, n: number, by: Uint32Array, to: Block, row: number, weight: 1 | 2): void {
    this.#transform(to, row, ({ rows, columns }, into) => {
      for (let at = 0; at < into.length; at++) {
        const [i, j] = [rows[at]!, columns[at]!];
        const x = data[by[i]! * n + by[j]!]!;
        into[at] = i === j ? x : weight * x;
      }
    });
  }

  /** the transform of a packed Q, in which entries off the diagonal count twice already, into row `row` of `to` */
  transformPacked(packed: Float64Array, to: Block, row: number): void {
    this.#transform(to, row, ({ places }, into) => {
      for (let at = 0; at < into.length; at++) into[at] = packed[places[at]!]!;
    });
  }

  #transform(to: Block, row: number, gather: (orbits: Class, into: Float64Array) => void): void {
    const first = row * this.length;
    to.view.fill(0, first, first + this.length);
    for (const orbits of this.#classes) {
      const { length, count, basis, start } = orbits;
      gather(orbits, this.#gathered.view.subarray(0, length * count));
      this.#kernel.product(
        length,
        count,
        length,
        1,
        matrix(basis, length),
        matrix(this.#gathered, count),
        matrix(to, count, first + start),
      );
    }
  }

  /**
   * S for each of `rows` transformed Q and `count` transformed K, at (k x rows + row) x count + column.
   * @param products room for 2 x rows x count
   */
  *correlate(q: Block, rows: number, k: Block, count: number, products: Block, into: Float64Array): Pieces<void> {
    const h = this.#order;
    const size = rows * count;
    into.fill(0, 0, h * size);
    for (let frequency = 0; 2 * frequency <= h; frequency++) {
      const real = frequency === 0 || 2 * frequency === h;
      products.view.fill(0, 0, 2 * size);
      for (const { length, count: orbits, start } of this.#classes) {
        if ((frequency * length) % h !== 0) continue;
        // where the class has this frequency: one row of real parts for frequency 0, two rows for each after it
        const own = (frequency * length) / h;
        const at = start + (own === 0 ? 0 : 2 * own - 1) * orbits;
        const inner = (width: number, alpha: number, fromQ: number, fromK: number, to: number): void =>
          this.#kernel.product(
            rows,
            count,
            width,
            alpha / length,
            matrix(q, this.length, at + fromQ),
            transpose(matrix(k, this.length, at + fromK)),
            matrix(products, count, to),
          );
        inner(real ? orbits : 2 * orbits, 1, 0, 0, 0);
        if (real) continue;
        inner(orbits, 1, 0, orbits, size);
        inner(orbits, -1, orbits, 0, size);
      }
      const found = products.view;
      for (let power = 0; power < h; power++) {
        const angle = (2 * PI * ((frequency * power) % h)) / h;
        const c = (real ? 1 : 2) * cos(angle);
        const s = real ? 0 : 2 * sin(angle);
        for (let at = 0, to = power * size; at < size; at++, to++)
          into[to] = into[to]! + c * found[at]! - s * found[size + at]!;
      }
      yield;
    }
  }
}

/** Rows: 1; cos and -sin of 2 pi t / l; of 4 pi t / l; ...; for even l at last (-1)^t. */
function fourier(kernel: Kernel, length: number): Block {
  const basis = kernel.alloc(length * length);
  const { view } = basis;
  for (let row = 0; row < length; row++) {
    const frequency = Math.ceil(row / 2);
    for (let t = 0; t < length; t++) {
      const angle = (2 * PI * ((frequency * t) % length)) / length;
      view[row * length + t] = row % 2 === 1 || row === 0 ? cos(angle) : -sin(angle);
    }
  }
  return basis;
}
