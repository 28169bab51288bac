/** What a variable is computed from, and whether an alignment has it where that can be. */
import { AlignmentError } from '../errors.js';
import type { Placed } from '../program/interchange/placed.js';
import type { Value } from '../program/language/value.js';
import type { Program } from '../program/program.js';

/** The variables that the embedding of a position tells: those that follow from the token and the place there. */
export function embedded<T extends Value, O extends Value>({ ops, variables }: Program<T, O>): ReadonlySet<string> {
  const told = new Set<string>();
  variables.forEach(({ name, reads }, i) => {
    const { kind } = ops[i]!;
    if (
      kind === 'tokens' ||
      kind === 'indices' ||
      kind === 'constant' ||
      ((kind === 'map' || kind === 'linear') && reads.every((read) => told.has(read)))
    )
      told.add(name);
  });
  return told;
}

/** The names among `chosen` that each variable is computed from, directly or through others. */
export function ancestors<T extends Value, O extends Value>(
  { variables }: Program<T, O>,
  chosen: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { name, reads } of variables) {
    const own = new Set<string>();
    for (const read of reads) {
      if (chosen.has(read)) own.add(read);
      for (const one of found.get(read) ?? []) own.add(one);
    }
    found.set(name, own);
  }
  return found;
}

/**
 * Holds an alignment against the order of computation: what a variable is computed from must be complete in the model before the first part of it.
 * @param sites of the model, in the order of computation
 * @throws AlignmentError for an order that no training can bring about
 */
export function checkOrder<T extends Value, O extends Value>(
  program: Program<T, O>,
  placed: readonly Placed[],
  sites: readonly { readonly name: string }[],
): void {
  const at = new Map(sites.map(({ name }, i) => [name, i]));
  const where = new Map(placed.map((one) => [one.name, one.parts.map(({ site }) => at.get(site.name)!)]));
  const before = ancestors(program, new Set(where.keys()));
  for (const { name } of placed) {
    const first = Math.min(...where.get(name)!);
    for (const read of before.get(name)!)
      if (Math.max(...where.get(read)!) >= first)
        throw new AlignmentError({
          what: `${name} is computed from ${read}, and stands at ${sites[first]!.name}, which is not after all parts of ${read}`,
          where: `alignment.${name}`,
          hint: `put ${name} later, or ${read} earlier; sites in the order of computation are model.sites`,
        });
  }
}
