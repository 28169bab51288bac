/** The inputs of a trial in parts, after each of which it may be certain what comes of all. */
import { random } from '../random.js';
import type { ExampleRun } from '../task/run.js';

/** Whether answers are right or wrong, or every input has a loss. */
export type Kind = 'wrong' | 'loss';

/** The shares of the other inputs after which a trial may stop: where answers are right or wrong a few that are wrong end it, of a loss most of it. */
const STOPS = { wrong: [1 / 8, 1 / 4, 1 / 2, 1], loss: [1 / 2, 3 / 4, 1] };
/** A batch of fewer inputs is not worth its pass. */
const FEW = 16;

/**
 * Places of all inputs in the order in which a trial runs them, in as many parts as it may stop after.
 * @param hard those that are asked first
 * @param losses what each input was short of before, where that is known: the largest come first
 */
export function inParts(
  count: number,
  kind: Kind,
  hard: readonly number[],
  losses: readonly number[] | undefined,
): readonly (readonly number[])[] {
  const first = new Set(hard);
  const rest = [...random(0, 'trials').permutation(count)].filter((at) => !first.has(at));
  if (losses) rest.sort((a, b) => losses[b]! - losses[a]!);
  const parts = [[...hard]];
  let from = 0;
  for (const share of STOPS[kind]) {
    const to = Math.round(share * rest.length);
    const part = rest.slice(from, to);
    if (part.length < FEW || parts.at(-1)!.length < FEW) parts.at(-1)!.push(...part);
    else parts.push(part);
    from = to;
  }
  return parts;
}

/** A run over some of the inputs. */
export interface Part {
  readonly places: readonly number[];
  readonly run: ExampleRun;
}

/** Parts that are all inputs together, as the one run that they are. */
export function joined(parts: readonly Part[]): ExampleRun {
  const [first] = parts as [Part];
  if (parts.length === 1) return first.run;
  const scores: number[] = [];
  const logits: Float32Array[] = [];
  for (const { places, run } of parts)
    places.forEach((at, i) => {
      scores[at] = run.scores[i]!;
      logits[at] = run.logits[i]!;
    });
  const score = scores.reduce((sum, one) => sum + one, 0) / scores.length;
  return { score, scores, logits, batches: parts.flatMap(({ run }) => run.batches) };
}
