/** Which parts of a model hold the variables of a program. */
import type { Intervention } from '../model/model.js';

/** A part of a model whose activation holds a variable: a site, or slices of it; what an intervention replaces. */
export type Part = Pick<Intervention, 'site' | 'at'>;

/** For each variable of a program, by name, the parts that hold it. The token at position i of an input stands at position i + 1 of the model: the first is the beginning. */
export type Alignment = Readonly<Record<string, readonly Part[]>>;
