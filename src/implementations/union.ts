/** Several implementation sets as one. */
import { OptionError } from '../errors.js';
import { random } from '../random.js';
import { identified, type Implementation, type ImplementationSet, type OpenSet } from './set.js';

/**
 * All implementations of several sets; each draw comes from one of them, chosen at random among those that have more.
 * @throws OptionError for an empty list
 */
export function union(...sets: readonly ImplementationSet[]): ImplementationSet {
  const [first] = sets;
  if (first === undefined)
    throw new OptionError({ what: 'union needs at least one implementation set', where: 'union' });
  const set: ImplementationSet = {
    description: sets.map((set) => set.description).join('; or '),
    original: first.original,
    runs: sets.reduce((sum, { runs = 1 }) => sum + runs, 0),
    models: sets.flatMap(({ models, original }) => models ?? [original]),
    resamples: sets.some(({ resamples }) => resamples === true),
    ablatable: (task, examples) => sets.reduce((some, set) => set.ablatable?.(task, some) ?? some, examples),
    async open(context) {
      const open: OpenSet[] = [];
      for (const [i, set] of sets.entries()) {
        const seed = random(context.seed, `set ${i}`).below(0x7fffffff);
        open.push(
          await set.open({ ...context, seed, progress: (done) => context.progress?.((i + done) / sets.length) }),
        );
      }
      const next = open.map(() => 0);
      const drawn: (Implementation | undefined)[] = [];
      const stream = random(context.seed, 'union');
      return {
        searched: open.find((set) => set.searched)?.searched,
        async draw(index) {
          while (drawn.length <= index) {
            const left = open.map((_, i) => i).filter((i) => next[i]! >= 0);
            let found: Implementation | undefined;
            while (left.length > 0 && !found) {
              const at = stream.below(left.length);
              const i = left[at]!;
              found = await open[i]!.draw(next[i]!);
              if (found) next[i]!++;
              else {
                next[i] = -1;
                left.splice(at, 1);
              }
            }
            drawn.push(found && { ...found, captured: undefined });
            // its activations are handed on once
            if (drawn.length > index) return found;
          }
          return drawn[index];
        },
      };
    },
  };
  return identified(set, (keyOf) => {
    const keys = sets.map((one) => one.identity?.(keyOf));
    return keys.includes(undefined) ? undefined : ['union', keys];
  });
}
