/** Intervenes on the same role of two models and holds their answers against each other: many rows a pass. */
import { referencesOf } from '../circuit/references.js';
import { activationRows } from '../model/activation-rows.js';
import { isTokens, type ModelInput } from '../model/input.js';
import { resolve, shapeAt } from '../model/interventions.js';
import type { Activation, Intervention, Model, Site } from '../model/model.js';
import { applyPatch, patchOf } from '../model/replacement.js';
import { passOf } from '../rows.js';
import { entriesOf } from '../shape.js';
import { breathe } from '../signal.js';
import { rowOf } from '../task/behaviour.js';
import type { Examples } from '../task/examples.js';
import type { Task } from '../task/task.js';
import { likeliest, totalVariation, type Answers, type Distribution } from './answers.js';
import { sizeOf, type PairedInput, type PairPlaces } from './pairs.js';
import type { Place, Role } from './roles.js';

/** What a role's activation is replaced by: that of the same model on another input, or its mean over the task's inputs. */
export const replacements = ['resample', 'mean'] as const;
export type ReplacedBy = (typeof replacements)[number];

/** One role of both models replaced, on one input. */
export interface RoleIntervention<I> {
  readonly role: Role;
  readonly by: ReplacedBy;
  readonly base: PairedInput<I>;
  /** what is resampled from; of no account for `mean` */
  readonly source: PairedInput<I>;
  /** of the pair, where answers to it may be known */
  readonly places?: PairPlaces | undefined;
}

/** One model's answers with a role replaced, and without on the base and, resampled, on the source. */
export interface Answered {
  readonly replaced: Distribution;
  readonly base: Distribution;
  readonly source: Distribution | undefined;
}

/** Answers of a model that is not at hand. */
export interface TakenAnswers<I> {
  /** @throws FingerprintError where they are not among them */
  base(places: PairPlaces): Distribution;
  of(one: RoleIntervention<I>): Answered;
}

type Both<T> = readonly [baseline: T, candidate: T];
const sides = [0, 1] as const;
type Side = (typeof sides)[number];

/** What an intervention did to both models. Distances are total variation, in [0, 1]. */
export interface Response {
  /** between the answers of the two */
  readonly discrepancy: number;
  /** of each from its own answers without the intervention */
  readonly effects: Both<number>;
  /** of each from its own answers to the source; undefined for `mean` */
  readonly kept: Both<number> | undefined;
  /** places of the likeliest answers with the intervention */
  readonly answers: Both<number>;
}

/** Bytes of activations held at once. */
const HELD = 2 ** 28;
/** Probabilities without interventions kept. */
const KEPT = 2 ** 24;

/** Activations of some inputs at some sites. */
interface Captured<I> {
  readonly rows: readonly PairedInput<I>[];
  readonly activations: ReadonlyMap<string, Activation>;
}

export class ResponseRunner<I> {
  /** answers without interventions, by input */
  private readonly clean: Both<Map<PairedInput<I>, Distribution>> = [new Map(), new Map()];
  private kept = 0;
  /** rows and forward passes computed, of both models together */
  rows = 0;
  passes = 0;

  /**
   * @param references what means are taken over
   * @param taken answers of the models that are not at hand
   */
  constructor(
    private readonly models: Both<Model>,
    private readonly task: Task<I>,
    private readonly answers: Pick<Answers<I>, 'of' | 'check'>,
    private readonly references: Examples<I>,
    private readonly signal?: AbortSignal,
    private readonly taken: Both<TakenAnswers<I> | undefined> = [undefined, undefined],
  ) {}

  /** By how much the answers of the two differ without interventions. */
  async untouched(list: readonly Pick<RoleIntervention<I>, 'base' | 'places'>[]): Promise<number[]> {
    this.forget();
    const { taken } = this;
    for (const side of sides)
      if (!taken[side])
        for (const group of grouped(
          list.map(({ base }) => base),
          sizeOf,
        ))
          await this.capture(side, group, []);
    return list.map(({ base, places }) => {
      const [a, b] = sides.map((side) => taken[side]?.base(places!) ?? this.clean[side].get(base)!);
      return this.apart(a!, b!);
    });
  }

  /** Answers of the baseline alone, in the order of the interventions. */
  async answersOfBaseline(list: readonly RoleIntervention<I>[]): Promise<Answered[]> {
    this.forget();
    const found = new Map<RoleIntervention<I>, Answered>();
    for (const group of grouped(list, ({ base }) => sizeOf(base)))
      for (const some of this.within(group))
        for (const [one, answered] of await this.answered(0, some)) found.set(one, answered);
    return list.map((one) => found.get(one)!);
  }

  /** In the order of the interventions. */
  async responses(list: readonly RoleIntervention<I>[]): Promise<Response[]> {
    this.forget();
    const found = new Map<RoleIntervention<I>, Response>();
    // nothing is to be run
    if (this.taken.every(Boolean)) await this.run(list, found);
    else
      for (const group of grouped(list, ({ base }) => sizeOf(base)))
        for (const some of this.within(group)) await this.run(some, found);
    return list.map((one) => found.get(one)!);
  }

  private apart(a: Distribution, b: Distribution): number {
    this.answers.check([a, b]);
    return totalVariation(a, b);
  }

  /** Of large vocabularies little can be kept. */
  private forget(): void {
    if (this.kept <= KEPT) return;
    for (const clean of this.clean) clean.clear();
    this.kept = 0;
  }

  private siteOf(side: Side, { site }: Place): Site {
    return this.models[side].sites.find(({ name }) => name === site)!;
  }

  /** Interventions of one size, so many that the activations they need fit into memory; those of one role together. */
  private *within(list: readonly RoleIntervention<I>[]): Generator<RoleIntervention<I>[]> {
    const inputs = new Set(list.flatMap(({ base, source }) => [base, source])).size;
    const { encoded } = list[0]!.base;
    let [some, bytes]: [RoleIntervention<I>[], number] = [[], 0];
    for (const own of grouped(list, ({ role }) => role)) {
      const size = Math.max(
        ...sides.map((side) => {
          const input = encoded[side];
          const shape = shapeAt(this.siteOf(side, own[0]!.role.places[side]), isTokens(input) ? input.length : 1);
          return 4 * inputs * entriesOf(shape);
        }),
      );
      if (some.length > 0 && bytes + size > HELD) {
        yield some;
        [some, bytes] = [[], 0];
      }
      some.push(...own);
      bytes += size;
    }
    yield some;
  }

  /** Interventions whose inputs have one size. */
  private async run(list: readonly RoleIntervention<I>[], found: Map<RoleIntervention<I>, Response>): Promise<void> {
    const baseline = await this.answered(0, list);
    const candidate = await this.answered(1, list);
    for (const one of list) {
      const both = [baseline.get(one)!, candidate.get(one)!] as const;
      const from = (of: (side: Answered) => Distribution): Both<number> => [
        totalVariation(both[0].replaced, of(both[0])),
        totalVariation(both[1].replaced, of(both[1])),
      ];
      found.set(one, {
        discrepancy: this.apart(both[0].replaced, both[1].replaced),
        effects: from(({ base }) => base),
        kept: one.by === 'mean' ? undefined : from(({ source }) => source!),
        answers: [likeliest(both[0].replaced), likeliest(both[1].replaced)],
      });
    }
  }

  /** One model's answers to interventions whose inputs have one size. */
  private async answered(
    side: Side,
    list: readonly RoleIntervention<I>[],
  ): Promise<Map<RoleIntervention<I>, Answered>> {
    const taken = this.taken[side];
    if (taken) return new Map(list.map((one) => [one, taken.of(one)]));
    const swaps = list.filter(({ by }) => by === 'resample');
    const at = (some: readonly RoleIntervention<I>[]): string[] => [
      ...new Set(some.map(({ role }) => role.places[side].site)),
    ];
    // a slice is put into what the base itself has there: the whole site is then known, and nothing before it need be computed again
    const sliced = swaps.filter(({ role }) => role.places[side].at !== undefined);
    const bases = await this.capture(
      side,
      list.map(({ base }) => base),
      at(sliced),
    );
    const sources = await this.capture(
      side,
      swaps.map(({ source }) => source),
      at(swaps),
    );
    const found = new Map<RoleIntervention<I>, Answered>();
    const clean = this.clean[side];
    for (const own of grouped(list, ({ role, by }) => `${by} ${role.name}`)) {
      const replaced = await this.replaced(side, own, bases, sources);
      own.forEach((one, i) =>
        found.set(one, {
          replaced: replaced[i]!,
          base: clean.get(one.base)!,
          source: one.by === 'mean' ? undefined : clean.get(one.source)!,
        }),
      );
    }
    return found;
  }

  /** One model's answers with one role replaced. */
  private async replaced(
    side: Side,
    list: readonly RoleIntervention<I>[],
    bases: Captured<I>,
    sources: Captured<I>,
  ): Promise<Distribution[]> {
    const [{ role, by }] = list as [RoleIntervention<I>];
    const place = role.places[side];
    const intervention: Intervention =
      by === 'mean'
        ? { ...place, by: { kind: 'mean', over: referencesOf(this.models[side], this.task, this.references).inputs } }
        : { site: place.site, by: { kind: 'value', value: this.swapped(side, place, list, bases, sources) } };
    const rows = list.map(({ base }) => base);
    const { logits } = await this.pass(side, rows, [intervention], []);
    return rows.map(({ input }, i) => this.answers.of(side, rowOf(logits, i), input));
  }

  /** The activations to put in: the sources' at the place, the bases' own elsewhere. */
  private swapped(
    side: Side,
    place: Place,
    list: readonly RoleIntervention<I>[],
    bases: Captured<I>,
    sources: Captured<I>,
  ): Activation {
    const rows = list.map(({ base }) => base);
    const from = gathered(
      sources,
      place.site,
      list.map(({ source }) => source),
    );
    if (place.at === undefined) return from;
    const into = gathered(bases, place.site, rows);
    const site = this.siteOf(side, place);
    const changes = resolve([{ ...place, by: { kind: 'value', value: from } }], new Map([[site.name, site]]), {
      batch: rows.map(({ encoded }) => encoded[side]),
      shapeOf: () => from.shape.slice(1),
    });
    const chunk = { from: 0, to: list.length };
    applyPatch(
      patchOf(changes, chunk, () => from),
      into.data,
    );
    return into;
  }

  /** Runs inputs of one size without interventions, each once, those left out whose answers are known and of which nothing else is wanted. */
  private async capture(side: Side, inputs: readonly PairedInput<I>[], sites: readonly string[]): Promise<Captured<I>> {
    const clean = this.clean[side];
    const rows = [...new Set(inputs)].filter((one) => sites.length > 0 || !clean.has(one));
    if (rows.length === 0) return { rows, activations: new Map() };
    const { logits, activations } = await this.pass(side, rows, [], sites);
    rows.forEach((one, i) => {
      const answers = this.answers.of(side, rowOf(logits, i), one.input);
      clean.set(one, answers);
      this.kept += answers.length;
    });
    return { rows, activations };
  }

  private async pass(
    side: Side,
    rows: readonly PairedInput<I>[],
    interventions: readonly Intervention[],
    capture: readonly string[],
  ): ReturnType<Model['run']> {
    await breathe(this.signal);
    const model = this.models[side];
    const { position = -1 } = this.task.behaviour;
    const batch: readonly ModelInput[] = rows.map(({ encoded }) => encoded[side]);
    const logits = rows.map(({ input }) =>
      typeof position === 'function' ? position(input, model.tokenizer) : position,
    );
    this.rows += rows.length;
    this.passes++;
    return passOf(this.signal, rows.length, () => model.run(batch, { interventions, capture, logits }));
  }
}

/** Things with equal keys together, in the order in which the keys come. */
function grouped<T>(list: readonly T[], keyOf: (one: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const one of list) {
    const there = groups.get(keyOf(one));
    if (there) there.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return [...groups.values()];
}

/** Captured rows of a site in another order; memory of its own. */
function gathered<I>({ rows, activations }: Captured<I>, site: string, wanted: readonly PairedInput<I>[]): Activation {
  const place = new Map(rows.map((one, i) => [one, i]));
  return activationRows(
    activations.get(site)!,
    wanted.map((one) => place.get(one)!),
  );
}
