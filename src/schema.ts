/** What every schema of evidence is written with. */
import * as z from 'zod';

/** A schema's type, nothing of which may be changed: evidence is read by many and written once. */
export type Immutable<T> = T extends object ? { readonly [K in keyof T]: Immutable<T[K]> } : T;

/** The type of what a schema takes. */
export type Plain<S extends z.ZodType> = Immutable<z.infer<S>>;

/** One of each side, the baseline's first. */
export const pair = <T extends z.ZodType>(of: T) => z.tuple([of, of]);

export const strings = z.array(z.string());
