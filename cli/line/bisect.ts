/** `congruity bisect`: the release or step of a line at which a model stopped doing the task as the first one does. */
import { OptionError } from '../../src/errors.js';
import { number, plural } from '../../src/format.js';
import { oneLine, plainJson } from '../../src/plain.js';
import type { Outcome } from '../../src/verdict/rule/outcome.js';
import { integer } from '../arguments.js';
import { interruptible } from '../interruptible.js';
import { compared, lineOf } from './sides.js';

/** As typed. */
export interface BisectArguments {
  readonly seed?: string | undefined;
  readonly asGiven?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** What is asked of one of the line. */
interface Asked {
  readonly name: string;
  readonly outcome: Outcome;
  readonly between: number;
}

/**
 * The last place that is as the first, and the first one that is not, if whatever comes after a change has it: one comparison with the last, and then about log2 of as many as there are.
 * @param changed whether a place, from 1, is not as the first
 * @returns undefined where the last is as the first
 */
export async function changeIn(
  count: number,
  changed: (at: number) => Promise<boolean>,
): Promise<readonly [last: number, first: number] | undefined> {
  if (!(await changed(count - 1))) return undefined;
  let [same, other] = [0, count - 1];
  while (other - same > 1) {
    const middle = (same + other) >> 1;
    if (await changed(middle)) other = middle;
    else same = middle;
  }
  return [same, other];
}

/**
 * Runs the command and returns its exit code: 0 the last does the task as the first, 1 it does not, and where that began is said.
 * @throws OptionError, FileError, FingerprintError
 */
export async function bisectCommand(given: readonly string[], args: BisectArguments): Promise<0 | 1> {
  const seed = integer(args.seed, '--seed', Number.MIN_SAFE_INTEGER) ?? 0;
  const line = await lineOf(given, args.asGiven === true);
  if (line.length < 2) throw new OptionError({ what: 'a line has two fingerprints at least', where: 'bisect' });
  const asked: Asked[] = [];
  const found = await interruptible((signal) =>
    changeIn(line.length, async (at) => {
      const { outcome, judgement } = await compared(line[0]!, line[at]!, { seed, signal });
      const between = judgement.strangers.estimate;
      asked.push({ name: line[at]!.name, outcome, between });
      if (!args.json)
        process.stdout.write(
          `${oneLine(`${line[at]!.name} against ${line[0]!.name}: ${outcome}, ${number(between)} apart`)}\n`,
        );
      return outcome !== 'equivalent';
    }),
  );
  const said = {
    first: line[0]!.name,
    fingerprints: line.length,
    seed,
    comparisons: asked,
    ...(found && { last: line[found[0]]!.name, changed: line[found[1]]!.name }),
  };
  const words = found
    ? `between ${said.last!} and ${said.changed!}: the first that is not established to do the task as ${said.first} does is ${said.changed!} (${asked.findLast(({ name }) => name === said.changed)!.outcome})`
    : `${line.at(-1)!.name} does the task as ${said.first} does`;
  process.stdout.write(
    args.json
      ? `${plainJson(JSON.stringify(said, null, 2))}\n`
      : `${oneLine(words)}; ${plural(asked.length, 'comparison')} of ${line.length} fingerprints\n`,
  );
  return found ? 1 : 0;
}
