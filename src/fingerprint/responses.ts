/** Answers with roles replaced: what a fingerprint keeps of them, and how they are compared with another model's, or another fingerprint's. */
import { FingerprintError, isCongruityError } from '../errors.js';
import type { TensorToWrite } from '../io/safetensors-write.js';
import type { Model } from '../model/model.js';
import { random } from '../random.js';
import type { Distribution } from '../response/answers.js';
import { respondSchema, type CheckedRespondOptions } from '../response/options.js';
import { InputPairs, type PairedInput, type PairPlaces, type PairSource } from '../response/pairs.js';
import { inputsOf, responding, type Responding } from '../response/responding.js';
import type { Role } from '../response/roles.js';
import { ResponseRunner, type RoleIntervention, type TakenAnswers } from '../response/runner.js';
import type { AnyTask } from '../task/task.js';
import { inputsDigest } from './digest.js';
import type { Fingerprint } from './fingerprint.js';
import { tensorNames, type FingerprintSaid } from './format.js';

type Recorded = Extract<FingerprintSaid['responses'], { readonly pairs: unknown }>;

/** Bytes that answers with roles replaced may take. */
const MOST = 2 ** 26;

export interface RecordOptions {
  readonly on: AnyTask;
  readonly seed: number;
  /** pairs of inputs */
  readonly pairs: number;
  /** examples that means are taken over */
  readonly inputs: number;
  readonly signal: AbortSignal | undefined;
}

const checkedOptions = ({ on, seed, inputs, signal }: Omit<RecordOptions, 'pairs'>): CheckedRespondOptions =>
  respondSchema.parse({ on, seed, inputs, ...(signal && { signal }) });

/** Answers of a model to the first pairs that a comparison of responses draws. What cannot be had says why. @throws CancelledError; whatever the model throws */
export async function recordResponses(
  model: Model,
  options: RecordOptions,
): Promise<{ readonly said: FingerprintSaid['responses']; readonly tensors: Map<string, TensorToWrite> }> {
  const tensors = new Map<string, TensorToWrite>();
  const none = (why: string) => ({ said: { why }, tensors });
  const { on, seed, pairs: count, signal } = options;
  let what: Responding;
  let pairs: PairSource;
  try {
    what = responding(model, model, checkedOptions(options));
    pairs = new InputPairs<unknown>(on, what.models, inputsOf(on, seed));
  } catch (error) {
    if (!isCongruityError(error) || error.code === 'CANCELLED') throw error;
    return none(error.what.replace(/\.$/, ''));
  }
  const stream = random(seed, 'responses');
  const drawn = Array.from({ length: count }, () => pairs.draw(stream));
  const listed = (some: readonly PairPlaces[]): RoleIntervention<unknown>[] =>
    what.roles.flatMap((role) => some.map((places) => ({ role, by: 'resample', places, ...pairs.at(places) })));
  const runner = new ResponseRunner(what.models, on, what.answers, what.examples, signal);
  const [first] = await runner.answersOfBaseline(listed(drawn.slice(0, 1)).slice(0, 1));
  const answers = first!.replaced.length;
  const bytes = 4 * answers * count * (what.roles.length + 2);
  if (bytes > MOST)
    return none(`${answers - 1} answers to ${count} pairs would take ${bytes} bytes, and at most ${MOST} are kept`);
  const found = await runner.answersOfBaseline(listed(drawn));
  const put = (name: string, rows: readonly Distribution[]): void => {
    const data = new Float32Array(count * answers);
    rows.forEach((row, i) => {
      // with answers that differ from input to input, there are as many of each
      if (row.length !== answers) throw new FingerprintError({ what: 'inputs have different numbers of answers' });
      data.set(row, i * answers);
    });
    tensors.set(name, { shape: [count, answers], data });
  };
  const of = (role: number) => found.slice(role * count, (role + 1) * count);
  put(
    tensorNames.base,
    of(0).map(({ base }) => base),
  );
  put(
    tensorNames.source,
    of(0).map(({ source }) => source!),
  );
  what.roles.forEach((_, role) =>
    put(
      tensorNames.role(role),
      of(role).map(({ replaced }) => replaced),
    ),
  );
  return {
    said: {
      inputs: inputsDigest(on.encode(inputsOf(on, seed), model).inputs),
      answers,
      roles: what.roles.map(({ name, places: [{ site, at }] }) => ({
        name,
        by: 'resample' as const,
        site,
        ...(at && { at }),
      })),
      pairs: drawn,
    },
    tensors,
  };
}

/** @throws FingerprintError where there are none */
function recordedOf({ said, where }: Fingerprint): Recorded {
  const { responses } = said;
  if ('pairs' in responses) return responses;
  throw new FingerprintError({ what: `the fingerprint holds no answers with roles replaced: ${responses.why}`, where });
}

class Taken implements TakenAnswers<unknown> {
  private readonly rows = new Map<string, number>();
  private readonly roles = new Map<string, number>();

  constructor(
    private readonly holder: Fingerprint,
    private readonly recorded: Recorded,
  ) {
    recorded.pairs.forEach((places, row) => this.rows.set(places.join(), row));
    recorded.roles.forEach(({ name }, role) => this.roles.set(name, role));
  }

  base(places: PairPlaces): Distribution {
    return this.row(tensorNames.base, places);
  }

  of({ role, places }: RoleIntervention<unknown>): {
    replaced: Distribution;
    base: Distribution;
    source: Distribution;
  } {
    return {
      replaced: this.row(tensorNames.role(this.roles.get(role.name)!), places!),
      base: this.base(places!),
      source: this.row(tensorNames.source, places!),
    };
  }

  private row(name: string, places: PairPlaces): Distribution {
    const row = this.rows.get(places.join());
    if (row === undefined)
      throw new FingerprintError({
        what: `the fingerprint holds no answers to the pair ${places.join(' and ')}`,
        where: this.holder.where,
        hint: 'make it anew',
      });
    const { answers } = this.recorded;
    return Float64Array.from(this.holder.tensors.get(name)!.data.subarray(row * answers, (row + 1) * answers));
  }
}

const key = (roles: Recorded['roles']): string => JSON.stringify(roles);

export interface ResponsesOf {
  readonly what: Responding;
  readonly options: CheckedRespondOptions;
}

/**
 * A model's responses against those of a fingerprint, on the pairs that this holds.
 * @throws FingerprintError where it holds none, or other ones
 */
export function respondingTo(
  baseline: Fingerprint,
  candidate: Model,
  given: Omit<RecordOptions, 'pairs'> & Pick<CheckedRespondOptions, 'alpha' | 'beta'>,
): ResponsesOf {
  const recorded = recordedOf(baseline);
  const { on, seed, alpha, beta } = given;
  const options = { ...checkedOptions(given), alpha, beta, budget: { draws: recorded.pairs.length } };
  const what = responding(candidate, candidate, options);
  const roles = what.roles.map(({ name, places: [{ site, at }] }) => ({
    name,
    by: 'resample' as const,
    site,
    ...(at && { at }),
  }));
  const { where } = baseline;
  if (key(roles) !== key(recorded.roles))
    throw new FingerprintError({ what: `${candidate.name} has other roles than the fingerprint`, where });
  if (inputsDigest(on.encode(inputsOf(on, seed), candidate).inputs) !== recorded.inputs)
    throw new FingerprintError({ what: `${candidate.name} takes other inputs than the fingerprint`, where });
  return {
    what: { ...what, taken: { answers: [new Taken(baseline, recorded), undefined], digest: baseline.digest } },
    options,
  };
}

/**
 * The same of two fingerprints, which hold answers to the same pairs. No model is run.
 * @throws FingerprintError where they do not
 */
export function respondingOf(
  [first, second]: readonly [Fingerprint, Fingerprint],
  levels: Pick<CheckedRespondOptions, 'alpha' | 'beta'>,
): ResponsesOf {
  const [one, other] = [recordedOf(first), recordedOf(second)];
  const unlike = (what: string): never => {
    throw new FingerprintError({ what: `the two fingerprints hold answers ${what}`, where: second.where });
  };
  if (one.inputs !== other.inputs) unlike('to other inputs');
  if (key(one.roles) !== key(other.roles)) unlike('with other roles replaced');
  if (one.answers !== other.answers) unlike('of different numbers');
  const shared = Math.min(one.pairs.length, other.pairs.length);
  if (one.pairs.slice(0, shared).join() !== other.pairs.slice(0, shared).join()) unlike('to other pairs of inputs');
  const input = { input: undefined, encoded: [[], []] } satisfies PairedInput<unknown>;
  let next = 0;
  const pairs: PairSource = {
    pool: one.pairs.map(() => input),
    notes: [],
    at: () => ({ base: input, source: input }),
    draw: () => one.pairs[next++]!,
  };
  const roles = one.roles.map(({ name, site, at }): Role => ({
    name,
    places: [
      { site, at },
      { site, at },
    ],
  }));
  // nothing is run: neither models nor a task are looked at
  const nobody = undefined as unknown as Model;
  return {
    what: {
      models: [nobody, nobody],
      roles,
      by: ['resample'],
      examples: { inputs: [] },
      answers: { of: () => new Float64Array(), check: () => undefined, key: [] },
      taken: { answers: [new Taken(first, one), new Taken(second, other)], digest: first.digest, pairs },
    },
    options: {
      ...respondSchema.omit({ on: true }).parse({ seed: 0 }),
      on: undefined as unknown as AnyTask,
      ...levels,
      budget: { draws: shared },
    },
  };
}
