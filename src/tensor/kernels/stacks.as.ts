// AssemblyScript: float32 products of stacks of small matrices on WebAssembly SIMD. Compiled by build.mjs into stacks.ts.
// It works on the memory of tfjs's wasm backend, which it is given: no static data, no allocation, nothing written but C and `work`.
// Pointers are byte addresses, strides count floats.

// A tile of C is MR x NR registers. NR columns of B are laid side by side first, so that they are read in order.
const MR: i32 = 4;
const NR: i32 = 8;

/** floats of scratch for products over k */
export function workLength(k: i32): i32 {
  return (k + MR) * NR;
}

// @ts-ignore: decorator
@inline
function at(base: usize, index: i32): usize {
  return base + (<usize>index << 2);
}

/** k x NR of B to `to`, row-major; columns beyond `live` are zero */
function pack(b: usize, rs: i32, cs: i32, k: i32, live: i32, to: usize): void {
  const down = <usize>rs << 2;
  if (live == NR && cs == 1) {
    for (let p = 0; p < k; p++) {
      v128.store(to, v128.load(b));
      v128.store(to, v128.load(b, 16), 16);
      b += down;
      to += NR << 2;
    }
    return;
  }
  if (live < NR) {
    for (let p = 0; p < k; p++) {
      const cell = at(to, p * NR);
      v128.store(cell, f32x4.splat(0));
      v128.store(cell, f32x4.splat(0), 16);
    }
  }
  for (let j = 0; j < live; j += 4) {
    let from = at(b, j * cs);
    let cell = at(to, j);
    let p = 0;
    if (rs == 1 && j + 4 <= live) {
      // four columns, each in one piece: 4 x 4 blocks are turned in registers
      const b1 = <usize>cs << 2;
      for (; p + 4 <= k; p += 4) {
        const r0 = v128.load(from);
        const r1 = v128.load(from + b1);
        const r2 = v128.load(from + 2 * b1);
        const r3 = v128.load(from + 3 * b1);
        const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
        const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(cell, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
        v128.store(cell, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7), 32);
        v128.store(cell, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5), 64);
        v128.store(cell, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7), 96);
        from += 16;
        cell += 4 * (NR << 2);
      }
    }
    const columns = min(4, live - j);
    for (; p < k; p++) {
      for (let s = 0; s < columns; s++) f32.store(at(cell, s), f32.load(at(from, s * cs)));
      from += down;
      cell += NR << 2;
    }
  }
}

/** MR rows of A from a0 to a3 times a packed panel of B; the first `rows` rows of the result to `to` */
function tile(k: i32, a0: usize, a1: usize, a2: usize, a3: usize, step: usize, b: usize, rows: i32, to: usize, ld: i32): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let p = 0; p < k; p++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a0);
    c00 = f32x4.add(c00, f32x4.mul(x, b0));
    c01 = f32x4.add(c01, f32x4.mul(x, b1));
    x = v128.load32_splat(a1);
    c10 = f32x4.add(c10, f32x4.mul(x, b0));
    c11 = f32x4.add(c11, f32x4.mul(x, b1));
    x = v128.load32_splat(a2);
    c20 = f32x4.add(c20, f32x4.mul(x, b0));
    c21 = f32x4.add(c21, f32x4.mul(x, b1));
    x = v128.load32_splat(a3);
    c30 = f32x4.add(c30, f32x4.mul(x, b0));
    c31 = f32x4.add(c31, f32x4.mul(x, b1));
    a0 += step;
    a1 += step;
    a2 += step;
    a3 += step;
    b += NR << 2;
  }
  const down = <usize>ld << 2;
  v128.store(to, c00);
  v128.store(to, c01, 16);
  if (rows == 1) return;
  to += down;
  v128.store(to, c10);
  v128.store(to, c11, 16);
  if (rows == 2) return;
  to += down;
  v128.store(to, c20);
  v128.store(to, c21, 16);
  if (rows == 3) return;
  to += down;
  v128.store(to, c30);
  v128.store(to, c31, 16);
}

/**
 * C_i (m x n, row-major, one after the other) = A_i B_i for i < count. A matrix of A begins `astep` floats after the one before it, its entry (r, c) is
 * r ars + c acs floats on; likewise B. Every entry is summed in the order of k, whatever m, n and count.
 */
export function products(
  count: i32, m: i32, n: i32, k: i32,
  a: usize, astep: i32, ars: i32, acs: i32,
  b: usize, bstep: i32, brs: i32, bcs: i32,
  c: usize, work: usize,
): void {
  const panel = work;
  const edge = at(work, k * NR);
  const step = <usize>acs << 2;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < n; j += NR) {
      const columns = min(NR, n - j);
      pack(at(b, j * bcs), brs, bcs, k, columns, panel);
      for (let r = 0; r < m; r += MR) {
        const rows = min(MR, m - r);
        // a row that is not there is the last one once more, and is not stored
        const a0 = at(a, r * ars);
        const a1 = rows > 1 ? at(a0, ars) : a0;
        const a2 = rows > 2 ? at(a1, ars) : a1;
        const a3 = rows > 3 ? at(a2, ars) : a2;
        let to = at(c, r * n + j);
        if (columns == NR) tile(k, a0, a1, a2, a3, step, panel, rows, to, n);
        else {
          tile(k, a0, a1, a2, a3, step, panel, rows, edge, NR);
          for (let s = 0; s < rows; s++) {
            for (let t = 0; t < columns; t++) f32.store(at(to, t), f32.load(at(edge, s * NR + t)));
            to = at(to, n);
          }
        }
      }
    }
    a = at(a, astep);
    b = at(b, bstep);
    c = at(c, m * n);
  }
}
