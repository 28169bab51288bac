/** How large a compiled transformer is, and may be. */
import * as z from 'zod';
import { CompilationError } from '../../errors.js';
import type { TransformerConfig } from '../../model/formats/transformer/graph/config.js';
import { weightShapes } from '../../model/formats/transformer/file/weights.js';
import type { ShapeOf } from '../../options.js';
import { entriesOf } from '../../shape.js';

/** Sizes of a transformer, in TransformerLens's names. */
export interface Sizes {
  readonly n_layers: number;
  readonly n_heads: number;
  readonly d_head: number;
  readonly d_model: number;
  readonly d_mlp: number;
  /** of the weights, as float32 */
  readonly bytes: number;
}

/** The largest sizes that a compiled transformer may have. */
export interface SizeLimits {
  /** blocks. @defaultValue 256 */
  readonly n_layers?: number | undefined;
  /** heads of a block. @defaultValue 256 */
  readonly n_heads?: number | undefined;
  /** dimensions of a head. @defaultValue 16384 */
  readonly d_head?: number | undefined;
  /** features of the residual stream. @defaultValue 16384 */
  readonly d_model?: number | undefined;
  /** neurons of a block. @defaultValue 65536 */
  readonly d_mlp?: number | undefined;
  /** of the weights, as float32. @defaultValue 268435456, which is 256 MiB */
  readonly bytes?: number | undefined;
}

const size = (most: number): z.ZodDefault<z.ZodInt> => z.int().min(1).default(most);

export const limitsShape = {
  n_layers: size(256),
  n_heads: size(256),
  d_head: size(16_384),
  d_model: size(16_384),
  d_mlp: size(65_536),
  bytes: size(2 ** 28),
} satisfies ShapeOf<SizeLimits>;

/** @throws CompilationError where the weights are larger than the limit */
export function sizesOf(config: TransformerConfig, limits: Sizes, program: string): Sizes {
  let entries = 0;
  for (const shape of weightShapes(config).values()) entries += entriesOf(shape);
  const bytes = 4 * entries;
  if (bytes > limits.bytes)
    throw new CompilationError({
      what: `its weights take ${bytes} bytes, and limits.bytes is ${limits.bytes}`,
      where: program,
      hint: 'raise the limit, lower maxLength, or let the program have fewer values',
    });
  const { n_layers, n_heads, d_head, d_model, d_mlp } = config;
  return { n_layers, n_heads, d_head, d_model, d_mlp, bytes };
}
