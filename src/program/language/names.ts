/** Names for all operations of a program. */
import { ProgramError } from '../../errors.js';
import type { Op } from './op.js';
import { expression } from './print.js';

/** A name for each operation: its own, or what it does and a number. @throws ProgramError where two have one */
export function namesOf(ops: readonly Op[], program: string): string[] {
  const given = new Map<string, Op>();
  for (const op of ops) {
    const own = op.name ?? (['tokens', 'indices', 'length'].includes(op.kind) ? op.kind : undefined);
    if (own === undefined) continue;
    if (given.has(own))
      throw new ProgramError({
        what: `two variables are named ${own}: ${expression(given.get(own)!)} and ${expression(op)}`,
        where: program,
        hint: 'give one of them another name',
      });
    given.set(own, op);
    op.name ??= own;
  }
  const counts = new Map<string, number>();
  return ops.map((op) => {
    while (op.name === undefined) {
      const count = (counts.get(op.kind) ?? 0) + 1;
      counts.set(op.kind, count);
      if (!given.has(`${op.kind}${count}`)) op.name = `${op.kind}${count}`;
    }
    return op.name;
  });
}
