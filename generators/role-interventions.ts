/** Draws interventions on the roles that two models have in common. */
import * as fc from 'fast-check';
import { OptionError } from '../src/errors.js';
import type { Model } from '../src/model/model.js';
import { checkKeys } from '../src/options.js';
import { InputPairs, type PairPlaces } from '../src/response/pairs.js';
import { inputsOf, servedBy } from '../src/response/responding.js';
import { rolesOf, type Role, type RoleOption } from '../src/response/roles.js';
import { replacements, type ReplacedBy, type RoleIntervention } from '../src/response/runner.js';
import type { Task } from '../src/task/task.js';
import { poolOf } from './_internals/pool.js';
import { inputInWords } from './_internals/printed.js';
import { staged } from './_internals/staged.js';
import { Normal, PairArbitrary } from './_internals/trial-pairs.js';

/** Prints itself in words: `MLP output, layer 0 taken from [3, 5], on [1, 2]`. */
export interface RoleTrial<I = unknown> extends RoleIntervention<I> {
  readonly description: string;
  /** equal for those that do the same */
  readonly key: string;
  toJSON(): RoleTrialDescription;
  toString(): string;
}

/** A role intervention as plain JSON, to keep and to read: `roleInterventions(...).parse` gives it back. */
export interface RoleTrialDescription {
  readonly role: string;
  readonly by: ReplacedBy;
  /** as it prints */
  readonly input: string;
  /** as it prints */
  readonly source?: string | undefined;
}

/** Which interventions are drawn. */
export interface RoleInterventionsConstraints<I> {
  /** the task */
  readonly on: Task<I>;
  /** what is intervened on, as in docs/respond.md. @defaultValue those that `respondAlike` takes */
  readonly roles?: readonly RoleOption[] | undefined;
  /** what a role is replaced by. @defaultValue 'resample' */
  readonly by?: ReplacedBy | readonly ReplacedBy[] | undefined;
  /** examples that means are taken over. @defaultValue 400 */
  readonly inputs?: number | undefined;
  /** seed of the inputs to choose from, where the task is endless or large. @defaultValue 0 */
  readonly seed?: number | undefined;
}

/** Interventions on roles, drawn and read back. */
export interface RoleInterventions<I> {
  readonly arbitrary: fc.Arbitrary<RoleTrial<I>>;
  readonly roles: readonly Role[];
  /** @throws OptionError where the description is none of theirs */
  parse(description: RoleTrialDescription): RoleTrial<I>;
}

class ChosenRoleTrial<I> implements RoleTrial<I> {
  readonly base: RoleIntervention<I>['base'];
  readonly source: RoleIntervention<I>['source'];

  constructor(
    readonly from: object,
    readonly role: Role,
    readonly by: ReplacedBy,
    pairs: InputPairs<I>,
    readonly where: PairPlaces,
  ) {
    const { base, source } = pairs.at(where);
    this.base = base;
    this.source = source;
  }

  get key(): string {
    const { by, role, where } = this;
    return `${by}|${role.name}|${by === 'resample' ? where.join(' ') : where[0]}`;
  }

  get description(): string {
    const { role, by, base, source } = this;
    const replaced = by === 'mean' ? 'held at its mean' : `taken from ${inputInWords(source.input)}`;
    return `${role.name} ${replaced}, on ${inputInWords(base.input)}`;
  }

  toJSON(): RoleTrialDescription {
    const { role, by, base, source } = this;
    return {
      role: role.name,
      by,
      input: inputInWords(base.input),
      ...(by === 'resample' && { source: inputInWords(source.input) }),
    };
  }

  toString(): string {
    return this.description;
  }

  [fc.toStringMethod](): string {
    return this.description;
  }
}

type Raw = [what: number, places: PairPlaces];

/**
 * Interventions on roles of two models, for properties about both: a role, an input, and the input that the role's activation is taken from. Shrinks to the first role, the simplest input,
 * then the simplest source.
 * @throws OptionError, InterventionError for roles that the models do not have in common; TaskError where no input has a counterfactual
 */
export function roleInterventions<I>(
  models: readonly [Model, Model],
  options: RoleInterventionsConstraints<I>,
): RoleInterventions<I> {
  checkKeys(options, ['on', 'roles', 'by', 'inputs', 'seed'], 'roleInterventions');
  const { on, inputs = 400, seed = 0, by: given = 'resample' } = options;
  const by = typeof given === 'string' ? [given] : [...new Set(given)];
  if (by.length === 0 || by.some((one) => !replacements.includes(one)))
    throw new OptionError({
      what: `roles cannot be replaced by ${JSON.stringify(options.by)}`,
      where: 'roleInterventions.by',
      hint: `give one or several of ${replacements.join(', ')}`,
    });
  const roles = rolesOf(models, options.roles);
  const sorted = poolOf(on, inputsOf(on, seed), models[0]).map(({ input }) => input);
  const serves = by.includes('mean') ? servedBy({ models, roles, examples: on.examples(inputs, seed) }, on) : undefined;
  const pairs = new InputPairs<I>(on, models, { inputs: sorted }, serves);

  const choices = {};
  const cells = by.flatMap((way) => roles.map((role) => ({ role, by: way })));
  const make = ([what, where]: Raw): RoleTrial<I> => {
    const { role, by: way } = cells[what]!;
    return new ChosenRoleTrial(choices, role, way, pairs, where);
  };
  const raw = staged<Raw>(
    [
      fc.nat(cells.length - 1),
      new PairArbitrary(pairs.pool.length, (base) => pairs.count(pairs.pool[base]!)) as fc.Arbitrary<PairPlaces>,
    ],
    () => [0, 1],
  );
  // of a mean a source says nothing
  const normal = new Normal<Raw>(raw, ([what, [base, source]]) => [
    what,
    [base, cells[what]!.by === 'resample' ? source : 0],
  ]);
  const cellOf = (name: string, way: ReplacedBy): number =>
    cells.findIndex(({ role, by: own }) => role.name === name && own === way);
  return {
    roles,
    arbitrary: normal.map(make, (value) => {
      if (!(value instanceof ChosenRoleTrial) || value.from !== choices) throw new Error('no intervention of these');
      const { role, by: way, where } = value as ChosenRoleTrial<I>;
      return [cellOf(role.name, way), where];
    }),
    parse({ role, by: way, input, source }) {
      const what = cellOf(role, way);
      const base = pairs.pool.findIndex((one) => inputInWords(one.input) === input);
      const count = base < 0 ? 0 : pairs.count(pairs.pool[base]!);
      const place =
        way === 'mean'
          ? 0
          : Array.from({ length: count }, (_, i) => i).find(
              (i) => inputInWords(pairs.at([base, i]).source.input) === source,
            );
      if (what < 0 || count === 0 || place === undefined)
        throw new OptionError({
          what: `${role} replaced by ${String(source ?? way)} on ${input} is none of these interventions`,
          where: 'roleInterventions.parse',
          hint: 'give the options that it was drawn with',
        });
      return make([what, [base, place]]);
    },
  };
}
