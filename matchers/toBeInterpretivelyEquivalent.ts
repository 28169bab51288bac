import { OptionError } from '../src/errors.js';
import { printable } from '../src/plain.js';
import type { Model } from '../src/model/model.js';
import { compare, compareOptionNames, type CompareOptions } from '../src/verdict/compare.js';
import type { Evidence } from '../src/verdict/evidence.js';
import type { ImplementationSet } from '../src/implementations/index.js';
import { percent } from '../src/format.js';
import { headline, measuredLines } from '../src/verdict/words.js';
import { workInWords } from '../src/verdict/workload.js';
import { resultOf, type MatcherContext, type MatcherResult } from './context.js';
import { messageOf } from './message.js';
import { testOf } from './moment.js';
import { tracked } from './pending.js';
import { sayer } from './progress.js';
import { errorRecord, fileOf, recordCheck, replayCommand } from './record.js';
import { seedOf } from './seed.js';

const NAME = 'toBeInterpretivelyEquivalent';

const message = (context: MatcherContext, evidence: Evidence, replay: string): string =>
  messageOf(context, {
    matcher: NAME,
    received: evidence.candidate.model.name,
    argument: evidence.baseline.model.name,
    task: evidence.task,
    expected: context.isNot
      ? 'different'
      : `equivalent: strangers at most ${percent(evidence.judgement.policy.margin)} farther apart than siblings`,
    outcome: headline(evidence),
    reasons: [evidence.judgement.reasons],
    rows: measuredLines(evidence),
    wouldSettle: evidence.judgement.wouldSettle,
    replay,
  });

/**
 * Passes where the candidate is established to do the task the way the baseline does; under `.not`, where it is established not
 * to. An undecided verdict fails both ways. The rule is in docs/verdict.md.
 *
 * @param candidate a Model or an ImplementationSet
 * @param baseline the same
 * @param options `{ on: task, ... }`, see CompareOptions for the rest and the defaults
 * @throws OptionError, TaskError, BehaviourError, ... where nothing could be judged
 */
export async function toBeInterpretivelyEquivalent(
  this: MatcherContext,
  candidate: unknown,
  baseline: unknown,
  options: CompareOptions,
): Promise<MatcherResult> {
  const test = testOf(this);
  const file = fileOf(this.testPath);
  const expected = this.isNot ? 'different' : 'equivalent';
  const tell = sayer(test);
  return tracked(test, NAME, async (signal, say) => {
    let seed = 0;
    try {
      seed = seedOf(options);
      if (typeof options !== 'object' || options === null)
        throw new OptionError({
          what: `${NAME} needs options with at least the task`,
          where: NAME,
          hint: `await expect(candidate).${NAME}(baseline, { on: task }); options: ${compareOptionNames.join(', ')}`,
        });
      const evidence = await compare(baseline as Model | ImplementationSet, candidate as Model | ImplementationSet, {
        ...options,
        // a difference that was expected needs no counterexample
        shrink: options.shrink ?? !this.isNot,
        seed,
        maxSeconds: options.maxSeconds ?? 'estimate',
        progress: (done, doing, work) => {
          const words = workInWords(doing, work);
          say(words);
          tell(words);
          options.progress?.(done, doing, work);
        },
        signal: options.signal ? AbortSignal.any([signal, options.signal]) : signal,
      });
      const replay = replayCommand(file, test, seed);
      const { outcome } = evidence;
      const status = outcome === 'undecided' ? 'not established' : outcome === expected ? 'held' : 'violated';
      recordCheck({ file, test, matcher: NAME, expected, status, evidence, replay });
      return resultOf(this, outcome, 'equivalent', () => message(this, evidence, replay));
    } catch (error) {
      recordCheck({
        file,
        test,
        matcher: NAME,
        expected,
        status: 'not judged',
        error: errorRecord(error),
        replay: replayCommand(file, test, seed),
      });
      throw printable(error);
    }
  });
}
