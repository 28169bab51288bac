/** A candidate against a bank: from models to what the bank says of it. */
import { ImplementationError, OptionError } from '../errors.js';
import { plural } from '../format.js';
import { asSet, type ImplementationSet } from '../implementations/index.js';
import { trainedRuns } from '../implementations/trained-runs.js';
import type { Sampler } from '../implementations/draw.js';
import { measures, type Distances, type MeasureName } from '../measure/index.js';
import type { Model } from '../model/model.js';
import type { Gram } from '../representation/gram.js';
import type { AnyTask } from '../task/task.js';
import type { Fingerprint } from '../fingerprint/fingerprint.js';
import { fingerprintOf } from '../fingerprint/recorded.js';
import { membersFor } from './conformal.js';
import { copiesOf } from './copies.js';
import type { BankEvidence } from './evidence.js';
import { judgeBank } from './judge.js';
import { FEWEST_MEMBERS, levelOf } from './levels.js';
import type { Bank } from './options.js';
import type { BankDistances } from './scores.js';

export interface BankContext {
  readonly task: AnyTask;
  readonly measure: MeasureName;
  readonly alpha: number;
  readonly tolerance: number;
  /** starts drawing from a set: on the inputs, and at the sites, of the comparison */
  readonly start: (set: ImplementationSet) => Promise<Sampler>;
  /** measures a bank and a candidate: the distances among these, in this order, and more; `control` is the place of the candidate with its inputs shuffled */
  readonly measured: (
    bank: readonly Gram[],
    candidate: Gram,
  ) => Promise<{ readonly distances: Distances; readonly control: number }>;
}

/** The models of one side. */
const modelsOf = (side: Model | ImplementationSet): readonly Model[] => {
  const { models, original } = asSet(side, {}, 'side');
  return models ?? [original];
};

/** What a bank is drawn from, besides the baseline and fingerprints: all must be able to take the inputs. */
export const setsOf = ({ accept, stop }: Bank): ImplementationSet[] =>
  [accept === 'copies' ? [] : accept, stop]
    .map((list) => list.filter((model) => fingerprintOf(model) === undefined))
    .filter((list) => list.length > 0)
    .map(trainedRuns);

/** The fingerprints of a bank, in its order. */
export const fingerprintsOf = ({ accept, stop }: Bank): readonly Fingerprint[] =>
  [accept === 'copies' ? [] : accept, stop].flat().flatMap((model) => fingerprintOf(model) ?? []);

/**
 * All runs of a bank, the baseline among them.
 * @throws OptionError for a run that is there twice, or both accepted and to be stopped
 */
function membersOf(bank: Bank, baseline: Model | ImplementationSet): readonly Model[] {
  const own = modelsOf(baseline);
  if (bank.accept === 'copies') return own;
  const known = new Set(own.map(({ fingerprint }) => fingerprint));
  // the baseline may be named among them
  const others = bank.accept.filter(({ fingerprint }) => !known.delete(fingerprint));
  const members = [...own, ...others];
  const seen = new Map<string, string>();
  for (const { fingerprint, name } of [...members, ...bank.stop]) {
    const other = seen.get(fingerprint);
    if (other !== undefined)
      throw new OptionError({
        what: `${name} and ${other} are one model, and a bank counts every run once`,
        where: 'options.bank',
        hint: 'give runs that were trained apart, from other seeds',
      });
    seen.set(fingerprint, name);
  }
  return members;
}

/**
 * What the bank says of the candidate.
 * @throws OptionError, ImplementationError for a bank that cannot be one, ModelError for copies of what is no transformer; as drawing does
 */
export async function compareWithBank(
  bank: Bank,
  baseline: Model | ImplementationSet,
  candidate: Model | ImplementationSet,
  context: BankContext,
): Promise<BankEvidence> {
  const { measure, alpha, tolerance } = context;
  const [one, ...more] = modelsOf(candidate);
  if (one === undefined || more.length > 0)
    throw new ImplementationError({
      what: `the candidate has ${more.length + 1} runs, and a bank judges one`,
      where: 'candidate',
      hint: 'give one model; two sets of runs are compared without a bank',
    });
  const members = membersOf(bank, baseline);
  const copies = bank.accept === 'copies';
  if (copies && members.length > 1)
    throw new ImplementationError({
      what: `the baseline has ${members.length} runs, and copies are made of one`,
      where: 'baseline',
      hint: 'give one model',
    });
  // before anything is run
  const stopLevel =
    bank.stop.length > 0 ? levelOf(bank.stop.length, alpha, bank.level, 'changes to be stopped') : alpha;
  const count = copies ? Math.max(FEWEST_MEMBERS, membersFor(bank.level ?? alpha)) : members.length;
  const level = levelOf(count, alpha, bank.level, 'runs of a bank');

  const bankSide = copies ? await copiesDrawn(members[0]!, count, context) : await allOf(members, context);
  const stopSide = bank.stop.length > 0 ? await allOf(bank.stop, context) : [];
  const [own] = await allOf([one], context);
  const all = [...bankSide, ...stopSide];
  const { distances, control } = await context.measured(
    all.map(({ gram }) => gram),
    own!.gram,
  );
  const at = (last: number): BankDistances => {
    const order = [...bankSide.keys(), last, ...Array.from(stopSide.keys(), (i) => bankSide.length + i)];
    return {
      data: Float64Array.from(order.flatMap((i) => order.map((j) => distances.data[i * distances.m + j]!))),
      members: bankSide.length,
      stop: stopSide.length,
    };
  };
  return {
    measure,
    ...judgeBank({
      of: copies ? 'copies' : 'runs',
      distances: at(all.length),
      control: at(control),
      names: all.map(({ name }) => name),
      levels: { accepted: level, stop: stopLevel },
      tolerance,
      resolution: measures[measure].resolution,
    }),
  };
}

interface Member {
  readonly name: string;
  readonly gram: Gram;
}

/** Every run, each of which must do the task: those that are run, in the order of their draws, and fingerprints, which hold their models as they are. */
async function allOf(models: readonly Model[], context: BankContext): Promise<Member[]> {
  const atHand = models.filter((model) => fingerprintOf(model) === undefined);
  const recorded = models.flatMap((model): Member[] => {
    const found = fingerprintOf(model);
    return found ? [{ name: `${model.name} (fingerprint)`, gram: found.drawn()[0]!.gram }] : [];
  });
  return [...(atHand.length > 0 ? await run(atHand, context) : []), ...recorded];
}

async function run(models: readonly Model[], { start, task }: BankContext): Promise<Member[]> {
  const sampler = await start(trainedRuns(models));
  if (!(await sampler.fill(models.length)))
    throw new ImplementationError({
      what: `${plural(models.length - sampler.drawn.length, 'run')} of ${models.length} ${models.length - sampler.drawn.length === 1 ? 'does' : 'do'} not do "${task.name}" (${task.behaviour.name} ${task.thresholdText})`,
      where: 'options.bank',
      hint: `kept: ${sampler.drawn.map(({ description }) => description).join(', ')}; leave the others out`,
    });
  return sampler.drawn.map(({ description, gram }) => ({ name: description, gram }));
}

/** The model itself, and copies that still do the task. */
async function copiesDrawn(model: Model, count: number, context: BankContext): Promise<Member[]> {
  const { set, dispose } = copiesOf(model);
  try {
    const [original] = await allOf([model], context);
    const sampler = await context.start(set);
    if (!(await sampler.fill(count))) sampler.require(count);
    if (sampler.drawn.length < count)
      throw new ImplementationError({
        what: `only ${sampler.drawn.length} of ${sampler.tried} copies still do "${context.task.name}"; ${count} are needed`,
        where: 'options.bank',
        hint: 'lower the threshold of the task, or give runs of your own as the bank',
      });
    return [original!, ...sampler.drawn.map(({ description, gram }) => ({ name: description, gram }))];
  } finally {
    dispose();
  }
}
