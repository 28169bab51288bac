import { OptionError } from '../src/errors.js';
import type { Model } from '../src/model/model.js';
import { compare, compareOptionNames, type CompareOptions } from '../src/verdict/compare.js';
import type { Evidence } from '../src/verdict/evidence.js';
import type { ImplementationSet } from '../src/verdict/sets.js';
import { percent } from '../src/format.js';
import { headline, measuredLines } from '../src/verdict/words.js';
import { workInWords } from '../src/verdict/workload.js';
import type { MatcherContext, MatcherResult } from './context.js';
import { MatcherError } from './error.js';
import { tracked } from './pending.js';
import { sayer } from './progress.js';
import { errorRecord, fileOf, recordCheck, replayCommand } from './record.js';
import { seedOf } from './seed.js';

const NAME = 'toBeInterpretivelyEquivalent';

function message(context: MatcherContext, evidence: Evidence, replay: string): string {
  const { utils } = context;
  const { task, judgement, baseline, candidate } = evidence;
  const rows = measuredLines(evidence);
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  const wanted = context.isNot
    ? 'different'
    : `equivalent: strangers at most ${percent(judgement.policy.margin)} farther apart than siblings`;
  return [
    utils.matcherHint(NAME, candidate.model.name, baseline.model.name, { isNot: context.isNot ?? false, promise: context.promise ?? '' }),
    '',
    `Task:     ${task.name} (${task.behaviour} ${task.threshold}, ${task.inputs} inputs)`,
    `Expected: ${utils.EXPECTED_COLOR(wanted)}`,
    `Received: ${utils.RECEIVED_COLOR(headline(evidence))}`,
    '',
    ...judgement.reasons.map((reason) => `  ${reason}`),
    '',
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}${value}`),
    '',
    ...(judgement.wouldSettle ? [`Would settle it: ${judgement.wouldSettle}`] : []),
    `Replay:   ${replay}`,
  ].join('\n');
}

/**
 * Passes where the candidate is established to do the task the way the baseline does; under `.not`, where it is established not
 * to. An undecided verdict fails both ways. The rule is in docs/verdict.md.
 *
 * @param candidate a Model or an ImplementationSet
 * @param baseline the same
 * @param options `{ on: task, ... }`, see CompareOptions for the rest and the defaults
 * @throws MatcherError for an undecided verdict; OptionError, TaskError, BehaviourError, ... where nothing could be judged
 */
export async function toBeInterpretivelyEquivalent(
  this: MatcherContext,
  candidate: unknown,
  baseline: unknown,
  options: CompareOptions,
): Promise<MatcherResult> {
  const test = this.currentConcurrentTestName?.() ?? this.currentTestName ?? 'unknown';
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
          todo: `await expect(candidate).${NAME}(baseline, { on: task }); options: ${compareOptionNames.join(', ')}`,
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
      if (outcome === 'undecided') throw new MatcherError(message(this, evidence, replay));
      return { pass: outcome === 'equivalent', message: () => message(this, evidence, replay) };
    } catch (error) {
      if (!(error instanceof MatcherError))
        recordCheck({ file, test, matcher: NAME, expected, status: 'not judged', error: errorRecord(error), replay: replayCommand(file, test, seed) });
      throw error;
    }
  });
}
