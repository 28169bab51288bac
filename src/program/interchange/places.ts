/** A claimed alignment held against the program and the model, before anything is computed. */
import { InterventionError, OptionError, ProgramError } from '../../errors.js';
import type { Axis, Model, Site } from '../../model/model.js';
import { suggest } from '../../options.js';
import type { ClaimedAlignment, Part } from '../alignment.js';
import type { Value } from '../language/value.js';
import type { Program } from '../program.js';
import { overlapping, RIGHT } from './overlap.js';
import type { Placed, PlacedPart } from './placed.js';

const fail = (what: string, where: string, hint: string): never => {
  throw new InterventionError({ what, where, hint });
};

/** A component's name as the part that it is. */
function partNamed(model: Model, name: string, where: string): Part {
  for (const family of model.parts) {
    if (family.axis === undefined) {
      if (family.name === name) return { site: family.site };
    } else if (name.startsWith(`${family.name}.`)) {
      const index = Number(name.slice(family.name.length + 1));
      if (Number.isInteger(index) && index >= 0 && index < family.count)
        return { site: family.site, at: { [family.axis]: [index] } };
    }
  }
  return fail(
    `"${name}" names no component of ${model.name}`,
    where,
    suggest(
      name,
      model.parts.map((family) => (family.axis === undefined ? family.name : `${family.name}.0`)),
    ),
  );
}

/** Numbers that `at` selects at one position. */
const widthOf = ({ axes, shape }: Site, at: PlacedPart['at']): number =>
  axes.reduce((width, axis, i) => (axis === 'position' ? width : width * (at[axis]?.length ?? shape[i]!)), 1);

function checkDirections(site: Site, at: PlacedPart['at'], directions: readonly (readonly number[])[], where: string) {
  if (!site.axes.includes('position') || site.shape.filter((size) => size === -1).length > 1)
    fail(`the site ${site.name} has no vector at each position`, where, 'leave directions out, or choose another site');
  const width = widthOf(site, at);
  if (directions.length === 0 || directions.some((one) => one.length !== width))
    fail(`directions are not vectors of ${width} numbers`, where, `give one or more, each over the ${width} numbers`);
  directions.forEach((a, i) =>
    directions.slice(0, i + 1).forEach((b, j) => {
      const product = a.reduce((sum, x, k) => sum + x * b[k]!, 0);
      if (!(Math.abs(product - (i === j ? 1 : 0)) <= RIGHT))
        fail(
          `directions ${j} and ${i} are not unit vectors at right angles`,
          where,
          'orthonormalise them: what is replaced is a projection',
        );
    }),
  );
}

function placedPart(model: Model, given: Part | string, where: string): PlacedPart & { positions?: readonly number[] } {
  const {
    site: name,
    at: slices = {},
    directions,
  } = typeof given === 'string' ? partNamed(model, given, where) : given;
  const site =
    model.sites.find((one) => one.name === name) ??
    fail(
      `the model has no site ${JSON.stringify(name)}`,
      where,
      suggest(
        String(name),
        model.sites.map((one) => one.name),
      ),
    );
  const at: Record<Axis, readonly number[]> = {};
  for (const [axis, indices] of Object.entries(slices)) {
    if (indices === undefined) continue;
    const index = site.axes.indexOf(axis);
    if (index < 0) fail(`the site ${site.name} has no axis ${JSON.stringify(axis)}`, where, suggest(axis, site.axes));
    const size = site.shape[index]!;
    if (!Array.isArray(indices) || indices.length === 0)
      fail(`at.${axis} names no index`, where, 'name at least one, or leave it out for all');
    for (const i of indices)
      if (!Number.isInteger(i) || (size !== -1 && (i < 0 || i >= size)))
        fail(
          `at.${axis} holds ${String(i)}`,
          where,
          size === -1 ? 'give integers' : `give indices from 0 to ${size - 1}`,
        );
    at[axis] = indices;
  }
  const { position: positions, ...others } = at;
  if (directions !== undefined) checkDirections(site, others, directions, where);
  return { site, at: others, ...(directions && { directions }), ...(positions && { positions }) };
}

const sameList = (a: readonly number[] | undefined, b: readonly number[] | undefined): boolean =>
  a?.toSorted().join() === b?.toSorted().join();

/**
 * Where an alignment puts each variable that it names, in the program's order.
 * @throws OptionError for an alignment that names nothing, or two variables in one place; ProgramError for a variable that the program lacks
 * @throws InterventionError for a component, site, axis or index that the model lacks
 */
export function placesOf<T extends Value>(model: Model, program: Program<T>, alignment: ClaimedAlignment): Placed[] {
  const where = (name: string): string => `alignment.${name}`;
  if (
    typeof alignment !== 'object' ||
    alignment === null ||
    Array.isArray(alignment) ||
    Object.keys(alignment).length === 0
  )
    throw new OptionError({
      what: 'the alignment names no variable',
      where: 'alignment',
      hint: "give the parts of each variable: { place: [{ site: 'blocks.1.hook_resid_post', at: { feature: [4, 5] } }] }; a compilation has its own as `alignment`",
    });
  const known = program.variables.map(({ name }) => name);
  for (const name of Object.keys(alignment))
    if (!known.includes(name))
      throw new ProgramError({
        what: `the program ${program.name} has no variable ${JSON.stringify(name)}`,
        where: where(name),
        hint: suggest(name, known),
      });
  const placed = known.flatMap((name): Placed[] => {
    if (!Object.hasOwn(alignment, name)) return [];
    const given = alignment[name]!;
    if (!Array.isArray(given) || given.length === 0)
      throw new OptionError({
        what: `the alignment names no part that holds ${name}`,
        where: where(name),
        hint: `give at least one, or leave ${name} out`,
      });
    const parts = given.map((part: Part | string, i) => placedPart(model, part, `${where(name)}[${i}]`));
    const positioned = parts.filter(({ site }) => site.axes.includes('position'));
    const positions = positioned[0]?.positions;
    if (positioned.some((part) => !sameList(part.positions, positions)))
      throw new OptionError({
        what: `parts that hold ${name} are at different positions`,
        where: where(name),
        hint: 'give all of them the same at.position',
      });
    if (positions?.includes(0))
      throw new OptionError({
        what: 'position 0 is the beginning, where no variable stands',
        where: where(name),
        hint: 'the token at position i of an input is at position i + 1 of the model; leave at.position out for all',
      });
    return [{ name, parts: parts.map(({ site, at, directions }) => ({ site, at, directions })), positions }];
  });
  const both = overlapping(placed);
  if (both)
    throw new OptionError({
      what: `the parts of ${both[0].name} and of ${both[1].name} overlap`,
      where: 'alignment',
      hint: 'give each variable parts of its own, and subspaces of one site at right angles: of two in one place, one replaces the other',
    });
  return placed;
}

/** Positions of the model that a variable is replaced at in inputs of so many tokens; undefined: all of them; none where the inputs are too short. */
export function positionsIn({ positions }: Placed, length: number): readonly number[] | undefined {
  if (positions === undefined) return undefined;
  const own = positions.map((at) => (at < 0 ? at + length + 1 : at)).filter((at) => at >= 1 && at <= length);
  return [...new Set(own)].toSorted((a, b) => a - b);
}

/** Whether each part of a variable is one at each position. */
export const hasPositions = ({ parts }: Placed): boolean => parts.every(({ site }) => site.axes.includes('position'));

/** Positions of the program at which a variable may be replaced apart from its others, from 0; none if some part has no position. */
export function positionsApart(variable: Placed, length: number): readonly number[] {
  if (!hasPositions(variable)) return [];
  return positionsIn(variable, length)?.map((at) => at - 1) ?? Array.from({ length }, (_, i) => i);
}
