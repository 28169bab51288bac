/** Whether two models respond alike: the same intervention on parts with the same role moves both models' answers alike. */
import type { Cache } from '../cache/cache.js';
import type { Model } from '../model/model.js';
import { checkOptions } from '../options.js';
import { random } from '../random.js';
import { breathe, clock } from '../signal.js';
import { BoundedMean } from '../statistics/bounded-mean.js';
import { behaviourOf } from '../task/kept-behaviour.js';
import { requireBehaviour } from '../task/task.js';
import type { ResponseEvidence } from './evidence.js';
import { respondSchema, type CheckedRespondOptions, type RespondOptions } from './options.js';
import { KeptRunner } from './kept-runner.js';
import { InputPairs, type PairPlaces, type PairSource } from './pairs.js';
import { inputsOf, responding, servedBy, type Responding } from './responding.js';
import { deciding, RoleTest, sideOf } from './role-test.js';
import type { ReplacedBy } from './runner.js';

/** Pairs of inputs drawn before the verdict is looked at again. */
const BLOCK = 16;
/** Two models on a task, their responses tested role by role. */
export class ResponseTest {
  private readonly pairs: PairSource;
  private readonly runner: KeptRunner;
  /** of the models' behaviour */
  private rows = 0;
  private readonly tests: readonly RoleTest[];
  private readonly untouched: BoundedMean;
  private drawn = 0;

  constructor(
    private readonly what: Responding,
    private readonly options: CheckedRespondOptions,
    private readonly cache?: Cache,
  ) {
    const { models, roles, by } = what;
    const { on, margin, seed, signal } = options;
    this.pairs =
      what.taken?.pairs ??
      new InputPairs(on, models, inputsOf(on, seed), by.includes('mean') ? servedBy(what, on) : undefined);
    this.runner = new KeptRunner(what, { on, cache, signal });
    this.untouched = new BoundedMean(margin);
    // answers without interventions are one more thing to be alike
    const count = roles.length * by.length + 1;
    this.tests = by.flatMap((way) => roles.map((role) => new RoleTest(role, way, margin, options, count)));
  }

  /** inputs that are left out and why, in sentences */
  get notes(): readonly string[] {
    return this.pairs.notes;
  }

  /** how many inputs are drawn from */
  get inputs(): number {
    return this.pairs.pool.length;
  }

  /** Answers of models that fail at the task say nothing. @throws BehaviourError; CancelledError; whatever the models throw */
  async requireBehaviour(): Promise<void> {
    const { models, examples } = this.what;
    const { on, signal } = this.options;
    for (const model of models) {
      const score = await behaviourOf(model, on, examples, { cache: this.cache, signal });
      this.rows += examples.inputs.length;
      requireBehaviour(on, model.name, score);
    }
  }

  /** @throws CancelledError; whatever the models throw */
  async run(): Promise<ResponseEvidence> {
    const { budget, signal, seed } = this.options;
    const started = clock();
    const stream = random(seed, 'responses');
    for (;;) {
      const outcome = this.outcome();
      if (outcome !== undefined) return this.evidence(outcome, 'certain');
      if (this.drawn >= budget.draws) return this.evidence('undecided', 'draws');
      if (budget.seconds !== undefined && (clock() - started) / 1000 >= budget.seconds)
        return this.evidence('undecided', 'seconds');
      await breathe(signal);
      const count = Math.min(BLOCK, budget.draws - this.drawn);
      await this.block(Array.from({ length: count }, () => this.pairs.draw(stream)));
    }
  }

  /** Of one role replaced in one way, the inputs drawn for which the two models' answers were farthest apart. */
  farthest(role: string, by: ReplacedBy): { input: unknown; source: unknown; discrepancy: number } {
    const { seen } = this.tests.find((test) => test.role.name === role && test.by === by)!;
    const { places, discrepancy } = seen.reduce((most, one) => (one.discrepancy > most.discrepancy ? one : most));
    const { base, source } = this.pairs.at(places);
    return { input: base.input, source: source.input, discrepancy };
  }

  private get untouchedIs(): ResponseEvidence['untouched']['is'] {
    return sideOf(this.untouched, this.options, this.tests.length + 1);
  }

  /** undefined: not certain yet. "undecided" where nothing more can be learned. */
  private outcome(): ResponseEvidence['outcome'] | undefined {
    const { tests } = this;
    if (this.untouchedIs === 'unlike' || tests.some((test) => test.is === 'unlike')) return 'unlike';
    if (this.untouchedIs === 'open' || tests.some((test) => test.is === 'open')) return undefined;
    if (tests.some((test) => test.tested === 'yes')) return 'alike';
    return tests.every((test) => test.tested === 'no') ? 'undecided' : undefined;
  }

  private async block(drawn: readonly PairPlaces[]): Promise<void> {
    const { tests, runner, pairs } = this;
    this.drawn += drawn.length;
    const inputs = drawn.map((places) => ({ places, ...pairs.at(places) }));
    if (this.untouchedIs === 'open') for (const apart of await runner.untouched(inputs)) this.untouched.observe(apart);
    const someTested = tests.some((test) => test.tested === 'yes');
    const open = tests.filter((test) => test.is === 'open' || (!someTested && test.tested === 'open'));
    const list = open.flatMap((test) =>
      inputs.map(({ places, base, source }) => ({ test, places, role: test.role, by: test.by, base, source })),
    );
    const found = await runner.responses(list);
    list.forEach(({ test, places }, i) => test.observe(places, found[i]!));
  }

  private evidence(outcome: ResponseEvidence['outcome'], stopped: ResponseEvidence['stopped']): ResponseEvidence {
    const { margin, alpha, beta } = this.options;
    const { untouched, tests } = this;
    return {
      outcome,
      margin,
      levels: { alpha, beta },
      untouched: {
        draws: untouched.count,
        discrepancy: untouched.limits(deciding(this.options, tests.length + 1)),
        is: this.untouchedIs,
      },
      roles: tests.map((test) => test.evidence()),
      draws: this.drawn,
      rows: this.rows + this.runner.rows,
      stopped,
    };
  }
}

/**
 * Whether two models respond alike on a task. An intervention replaces the activation of a role (docs/respond.md) in both models, by what each has there on another input or by its
 * mean; the discrepancy is the total variation between their answers then. *alike*: for every role its mean over inputs is below the margin, and some role moves answers by more than that;
 * *unlike*: for some role it is above. Pairs of inputs are drawn until that is certain.
 * @throws OptionError, InterventionError for roles and answers that the models do not have in common, TaskError, BehaviourError, CancelledError, and whatever the models throw
 */
export async function respondAlike(
  baseline: Model,
  candidate: Model,
  options: RespondOptions,
  cache?: Cache,
): Promise<ResponseEvidence> {
  const checked = checkOptions(respondSchema, options, 'options of respondAlike');
  const test = new ResponseTest(responding(baseline, candidate, checked), checked, cache);
  await test.requireBehaviour();
  return test.run();
}
