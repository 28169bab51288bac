/** A property that fast-check runs one value at a time and that judges them many at a time. */
import { breathe } from '../src/signal.js';
import * as fc from 'fast-check';
import { endsSearch, type Budget, type Meter } from './budget.js';
import { fails, skips, type Answer, type Candidate, type Judgement } from './candidate.js';
import { InitialLevel } from './lookahead.js';
import { firstShrink, type Shrink } from './shrinks.js';

/**
 * Judges values together: one answer each, in their order. It must say of a value what it would say of it alone. Where it throws,
 * the values are judged again one by one, and the one that throws then has failed with that error.
 */
export type Evaluate<T> = (values: readonly T[], budget: Budget) => Promise<readonly Answer[]>;

export interface BatchedProperty<T> extends fc.IRawProperty<[T], true> {
  /** why the search stopped before its end */
  readonly stopped: string | undefined;
}

/** Shrinks judged together at first: enough for the next four unknown answers, whatever they are. More where one value's go on without a failure. */
const FIRST_CHUNK = 16;

/**
 * The raw property for `fc.check`. Values and shrinks are those of `fc.asyncProperty(arbitrary, ...)`, and the runner is fast-check's
 * own, so that seeds, paths, counts, skips and counterexamples are what they are one by one. All it adds: where a value is not
 * judged yet, the values that come next are judged with it.
 */
export function batchedProperty<T>(
  arbitrary: fc.Arbitrary<T>,
  evaluate: Evaluate<T>,
  parameters: fc.Parameters<[T]>,
  meter: Meter,
  recall: (value: T) => Answer | undefined = () => undefined,
): BatchedProperty<T> {
  let known: Judgement;
  let stopped: string | undefined;
  // what becomes of an answer is fast-check's business: this property's predicate gives it
  const inner = fc.asyncProperty(arbitrary, async () => {
    if ('thrown' in known) throw known.thrown;
    const { answer } = known;
    if (answer === 'skip') fc.pre(false);
    if (typeof answer === 'object') throw answer;
    return answer as boolean | undefined;
  }) as unknown as fc.IAsyncPropertyWithHooks<[T]>;
  const initial = new InitialLevel<T>((rng, runId) => inner.generate(rng, runId), parameters, meter.first);
  const shrinksOf = (value: fc.Value<[T]>): Iterable<fc.Value<[T]>> => inner.shrink(value);
  /** what the runner took last, and runs next unless it is an example */
  let current: Candidate<T> | Shrink<T> | undefined;

  const judge = async (entries: readonly Candidate<T>[]): Promise<void> => {
    const values = entries.map(({ raw }) => raw[0]);
    let answers: readonly Answer[];
    try {
      meter.batches++;
      meter.evaluated += values.length;
      // an evaluation may be the user's own, and never leave the microtasks
      await breathe(meter.signal);
      answers = await evaluate(values, meter);
      if (answers.length !== values.length)
        throw new TypeError(`the evaluation gave ${answers.length} answers for ${values.length} values`);
    } catch (error) {
      if (endsSearch(error)) throw error;
      if (entries.length === 1) {
        entries[0]!.known = { thrown: error };
        return;
      }
      // as one by one: what comes where they fail is not asked for
      for (const entry of entries.filter(({ level }) => level === entries[0]!.level)) {
        if (stopped === undefined && (stopped = meter.exhausted()) !== undefined) return;
        await judge([entry]);
        if (fails(entry.known!)) return;
      }
      return;
    }
    entries.forEach((entry, i) => (entry.known = { answer: answers[i] }));
  };

  return {
    get stopped() {
      return stopped;
    },
    isAsync: () => true,
    generate(rng, runId) {
      const { entry, value } = initial.generated(rng, runId);
      current = entry;
      return value;
    },
    shrink(value) {
      // what has been judged ahead is among them
      let first: (() => Shrink<T> | undefined) | undefined =
        current && 'smaller' in current && current.value === value
          ? current.smaller
          : () => firstShrink(value, shrinksOf, Math.min(FIRST_CHUNK, meter.batch), recall);
      return fc.stream(
        (function* () {
          let next = first!();
          // what has passed is not kept, nor its shrinks
          first = undefined;
          for (; next !== undefined; next = next.next()) {
            current = next;
            yield next.value;
          }
        })(),
      );
    },
    async run(raw) {
      const entry = current !== undefined && Object.is(current.raw, raw) ? current : (initial.example(raw) ?? { raw });
      if (entry.known === undefined) {
        stopped ??= meter.exhausted();
        if (stopped !== undefined) return new fc.PreconditionFailure(true);
        const { level } = entry;
        if (level === undefined) await judge([entry]);
        else {
          await judge(level.ahead(entry, level.size));
          level.size = Math.min(meter.batch, 4 * level.size);
        }
        if (entry.known === undefined) return new fc.PreconditionFailure(true);
      }
      ({ known } = entry as { known: Judgement });
      if (entry.level === initial && skips(known)) initial.skipped();
      return inner.run(raw);
    },
    runBeforeEach: () => inner.runBeforeEach(),
    runAfterEach: () => inner.runAfterEach(),
  };
}
