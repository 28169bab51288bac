/** The memory that kernels work in: one growing heap of doubles, handed out as a stack of blocks. */
import { NumericalError } from '../../errors.js';
import type { Pieces } from '../../signal.js';

/** A run of doubles in a heap. Its view is taken anew each time, because growing the heap detaches older views. */
export interface HeapBlock {
  /** index of the first double, even, so that the block is aligned to 16 bytes */
  readonly start: number;
  readonly length: number;
  /** the block's doubles; valid until the next alloc on the same heap */
  readonly view: Float64Array;
}

/** A matrix inside a block. Swapping the strides transposes it. */
export interface Matrix {
  readonly block: HeapBlock;
  /** of entry (0, 0), in doubles from the block's start */
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** A row-major matrix with `columns` doubles per row. */
export function matrix(block: HeapBlock, columns: number, offset = 0): Matrix {
  return { block, offset, rowStride: columns, columnStride: 1 };
}

export function transpose(m: Matrix): Matrix {
  return { block: m.block, offset: m.offset, rowStride: m.columnStride, columnStride: m.rowStride };
}

class LiveBlock implements HeapBlock {
  constructor(
    readonly start: number,
    readonly length: number,
    private readonly doubles: () => Float64Array,
  ) {}

  get view(): Float64Array {
    return this.doubles().subarray(this.start, this.start + this.length);
  }
}

export abstract class Heap {
  #top = 0;
  /** what lies beyond was never written to, and a heap grows by zeros */
  #touched = 0;

  /** all doubles of the heap, as it is now */
  protected abstract doubles(): Float64Array;
  /** makes the heap at least this long; throws RangeError where that is impossible */
  protected abstract grow(length: number): void;

  /**
   * A new block of zeros, above all others.
   * @throws NumericalError when the memory cannot be had
   */
  alloc(length: number): HeapBlock {
    const start = this.#top;
    const end = start + length + (length & 1);
    this.reserve(end);
    this.#top = end;
    this.doubles().fill(0, start, Math.min(end, this.#touched));
    this.#touched = Math.max(end, this.#touched);
    return new LiveBlock(start, length, () => this.doubles());
  }

  /** Runs fn and frees every block that it allocated. */
  scope<T>(fn: () => T): T {
    const top = this.#top;
    try {
      return fn();
    } finally {
      this.#top = top;
    }
  }

  /** As scope, for work in pieces: nobody else may use the heap before its end. */
  *scopeOf<T>(work: Pieces<T>): Pieces<T> {
    const top = this.#top;
    try {
      return yield* work;
    } finally {
      this.#top = top;
    }
  }

  /** Frees every block. */
  reset(): void {
    this.#top = 0;
  }

  /** bytes held, in use or not */
  get bytes(): number {
    return this.doubles().byteLength;
  }

  /** index of the first free double after making sure that `length` of them exist: scratch that lasts for one call */
  protected scratch(length: number): number {
    this.reserve(this.#top + length);
    this.#touched = Math.max(this.#top + length, this.#touched);
    return this.#top;
  }

  private reserve(end: number): void {
    if (end <= this.doubles().length) return;
    try {
      this.grow(end);
    } catch (cause) {
      throw new NumericalError({
        what: `Out of memory: ${Math.ceil((end * 8) / 2 ** 20)} MiB are needed for matrices.`,
        hint: 'compare fewer implementations at a time, or use fewer inputs',
        cause,
      });
    }
  }
}
