/** Interventions, checked against a model and a batch before anything is computed. */
import { InterventionError } from '../errors.js';
import { nearest } from '../options.js';
import { inWords, shapeKey, sizeInWords, type ModelInput } from './input.js';
import type { Axis, Intervention, Replacement, Site } from './model.js';
import { entriesOf } from '../shape.js';

/** What an intervention selects. */
export interface SiteChange {
  readonly site: Site;
  /** the site's full shape in this batch, batch first */
  readonly shape: readonly number[];
  readonly rows: readonly number[] | undefined;
  /**
   * one entry per axis of the site: undefined for all, else distinct indices that exist. On an axis along the input they may be negative
   * where the batch has rows of several lengths: then they count from each row's own end.
   */
  readonly selected: readonly (readonly number[] | undefined)[];
  /** length of each row, where they differ */
  readonly lengths: readonly number[] | undefined;
  readonly by: Replacement;
}

/** A batch, as far as interventions care. */
export interface BatchShape {
  readonly batch: readonly ModelInput[];
  /** sizes of a site's axes in this batch */
  readonly shapeOf: (site: Site) => readonly number[];
  /** length of each row, where they differ */
  readonly lengths?: readonly number[] | undefined;
}

const keys = ['site', 'at', 'rows', 'by'];
/** Axes that run along the input. */
const along: readonly Axis[] = ['position', 'query', 'key'];
export const isAlong = (axis: Axis): boolean => along.includes(axis);

function fail(what: string, where: string, hint: string): never {
  throw new InterventionError({ what, where, hint });
}

const mustExist = 'every index must exist, or the intervention would silently do less than it says';

/** Turns indices into distinct ones of [0, size); where rows have lengths of their own, into ones that each row has; undefined for a row that does not matter. */
function indices(
  list: unknown,
  size: number,
  negative: boolean,
  lengths: readonly (number | undefined)[] | undefined,
  what: string,
  where: string,
): readonly number[] {
  if (!Array.isArray(list) && !ArrayBuffer.isView(list))
    fail(`${what} is not a list of indices`, where, `give ${what} as an array, or leave it out for all`);
  const from = negative ? -size : 0;
  const chosen = new Set<number>();
  for (const index of list as ArrayLike<unknown> & Iterable<unknown>) {
    if (!Number.isInteger(index) || (index as number) < from || (index as number) >= size)
      fail(`${what} holds ${String(index)}, which is not an index from ${from} to ${size - 1}`, where, mustExist);
    const at = index as number;
    const short = lengths?.findIndex((length) => length !== undefined && (at >= length || at < -length)) ?? -1;
    if (short >= 0)
      fail(`${what} holds ${at}, but row ${short} has only ${lengths![short]} positions`, where, mustExist);
    chosen.add(at < 0 && lengths === undefined ? at + size : at);
  }
  if (chosen.size === 0)
    fail(
      `${what} is empty: the intervention selects nothing`,
      where,
      `name at least one index, or leave ${what} out for all`,
    );
  return [...chosen].toSorted((a, b) => a - b);
}

/** The site's shape for inputs of a length, where -1 stands for that length. */
export const shapeAt = (site: Site, length: number): readonly number[] =>
  site.shape.map((size) => (size === -1 ? length : size));

function checkReplacement(by: unknown, { batch }: BatchShape, shape: readonly number[], where: string): Replacement {
  const kinds = ['zero', 'resample', 'mean', 'value'];
  const given = (typeof by === 'object' && by !== null ? by : {}) as Partial<Record<string, unknown>>;
  if (!kinds.includes(given.kind as string)) {
    fail(
      `the replacement is of no known kind: ${JSON.stringify(given.kind)}`,
      where,
      `set by.kind to one of ${kinds.join(', ')}`,
    );
  }
  const inputs = (name: 'inputs' | 'over'): readonly ModelInput[] => {
    const list = given[name];
    if (!Array.isArray(list) || list.length === 0)
      fail(`by.${name} is not a list of inputs, or an empty one`, where, `give by.${name} at least one input`);
    const none = (list as readonly unknown[]).findIndex((input) => typeof input !== 'object' || input === null);
    if (none >= 0) fail(`by.${name}[${none}] is no input`, where, 'give token ids or tensors');
    return list as readonly ModelInput[];
  };
  const replacement = by as Replacement;
  switch (replacement.kind) {
    case 'resample': {
      const list = inputs('inputs');
      if (list.length !== batch.length)
        fail(
          `there are ${list.length} counterfactual inputs for a batch of ${batch.length}`,
          where,
          'give one per row of the batch, in the same order',
        );
      const odd = list.findIndex((input, row) => shapeKey(input) !== shapeKey(batch[row]!));
      if (odd >= 0)
        fail(
          `by.inputs[${odd}] has ${sizeInWords(list[odd]!)}, row ${odd} of the batch ${sizeInWords(batch[odd]!)}`,
          where,
          'a counterfactual must be as long as the input it stands in for',
        );
      break;
    }
    case 'mean': {
      // whether they are large enough is known once there is a mean
      inputs('over');
      break;
    }
    case 'value':
      checkValue(replacement.value, shape, where);
      break;
    case 'zero':
  }
  const unknown = Object.entries(given).find(
    ([key, value]) =>
      value !== undefined &&
      !['kind', { zero: '', resample: 'inputs', mean: 'over', value: 'value' }[replacement.kind]].includes(key),
  )?.[0];
  if (unknown !== undefined)
    fail(`a replacement of kind ${replacement.kind} has no entry ${JSON.stringify(unknown)}`, where, 'remove it');
  return replacement;
}

/** numpy's rule: aligned at the last axis, every size equal or 1. */
function checkValue(value: (Replacement & { kind: 'value' })['value'], shape: readonly number[], where: string): void {
  if (typeof value === 'number') return;
  const given: unknown = value;
  const { shape: own, data } = (given ?? {}) as { shape?: unknown; data?: unknown };
  if (
    !Array.isArray(own) ||
    !own.every((size) => Number.isInteger(size) && size >= 1) ||
    typeof (data as ArrayLike<number> | undefined)?.length !== 'number'
  ) {
    fail(
      'by.value is neither a number nor { shape, data }',
      where,
      'give a number, or a shape of positive sizes with its values in row-major order',
    );
  }
  const values = data as ArrayLike<number>;
  const count = entriesOf(own as number[]);
  if (count !== values.length)
    fail(`by.value has shape [${own.join(', ')}] but ${values.length} values`, where, `give ${count} values`);
  const odd =
    ArrayBuffer.isView(data) && !Object.prototype.toString.call(data).startsWith('[object Big')
      ? -1
      : Array.prototype.findIndex.call(values, (entry) => typeof entry !== 'number');
  if (odd >= 0) fail(`by.value holds ${inWords(values[odd])} at ${odd}, not a number`, where, 'give numbers');
  const ahead = shape.length - own.length;
  if (ahead < 0 || (own as number[]).some((size, axis) => size !== 1 && size !== shape[ahead + axis])) {
    fail(
      `by.value of shape [${own.join(', ')}] does not broadcast to the site's [${shape.join(', ')}] (batch first)`,
      where,
      'sizes are compared from the last axis; each must be equal or 1',
    );
  }
}

function nearestSite(name: unknown, sites: ReadonlyMap<string, Site>): string {
  return nearest(String(name), [...sites.keys()]) ?? 'none';
}

/**
 * Checks interventions and resolves their slices.
 * @throws InterventionError for a site, slice, index or replacement that matches nothing, and for an unknown key
 */
export function resolve(
  interventions: readonly Intervention[],
  sites: ReadonlyMap<string, Site>,
  here: BatchShape,
): readonly SiteChange[] {
  const { batch, lengths } = here;
  return interventions.map((intervention, at) => {
    const where = `interventions[${at}]${typeof intervention?.site === 'string' ? `, site ${intervention.site}` : ''}`;
    if (typeof intervention !== 'object' || intervention === null)
      fail('this is not an intervention', where, 'give { site, by }, and { at } to restrict it to a slice');
    for (const key of Object.keys(intervention)) {
      if (!keys.includes(key))
        fail(
          `an intervention has no entry ${JSON.stringify(key)}; the nearest is ${nearest(key, keys)}`,
          where,
          'correct it: it would have had no effect',
        );
    }
    const site = sites.get(intervention.site);
    if (site === undefined) {
      return fail(
        `the model has no site ${JSON.stringify(intervention.site)}; the nearest is ${nearestSite(intervention.site, sites)}`,
        where,
        'use a name from model.sites',
      );
    }
    const rows =
      intervention.rows === undefined
        ? undefined
        : indices(intervention.rows, batch.length, false, undefined, 'rows', where);
    const only = rows && new Set(rows);
    const reached = only ? lengths?.map((length, row) => (only.has(row) ? length : undefined)) : lengths;
    const own = here.shapeOf(site);
    const shape = [batch.length, ...own];
    const selected: (readonly number[] | undefined)[] = own.map(() => undefined);
    const slices: unknown = intervention.at ?? {};
    if (typeof slices !== 'object' || Array.isArray(slices))
      fail('`at` is not an object of indices by axis', where, `name axes of the site: ${site.axes.join(', ')}`);
    for (const [name, list] of Object.entries(slices as object)) {
      if (list === undefined) continue;
      const axis = site.axes.indexOf(name);
      if (axis < 0)
        fail(
          `the site has no axis ${JSON.stringify(name)}: its axes are ${site.axes.join(', ') || 'none'}`,
          `${where}, at`,
          'select along one of those',
        );
      selected[axis] = indices(
        list,
        own[axis]!,
        isAlong(name),
        isAlong(name) ? reached : undefined,
        `at.${name}`,
        where,
      );
    }
    return { site, shape, rows, selected, lengths, by: checkReplacement(intervention.by, here, shape, where) };
  });
}

/** @throws InterventionError for a site that is not there */
export function checkCaptures(
  capture: readonly string[],
  sites: ReadonlyMap<string, Site>,
  model: string,
): ReadonlySet<string> {
  for (const name of capture) {
    if (!sites.has(name))
      throw new InterventionError({
        what: `the model has no site ${JSON.stringify(name)} to capture; the nearest is ${nearestSite(name, sites)}`,
        where: `model ${model}`,
        hint: 'use a name from model.sites',
      });
  }
  return new Set(capture);
}

/** Changes by the name of their site, each site's in the order given. */
export function bySite(changes: readonly SiteChange[]): Map<string, SiteChange[]> {
  const groups = new Map<string, SiteChange[]>();
  for (const change of changes) {
    const there = groups.get(change.site.name);
    if (there) there.push(change);
    else groups.set(change.site.name, [change]);
  }
  return groups;
}
