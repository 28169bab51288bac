/** Interventions, checked against a model and a batch before anything is computed. */
import { InterventionError } from '../errors.js';
import type { Axis, Intervention, Replacement, Site, Tokens } from './model.js';
import { headInputs, nearestSite } from './sites.js';
import { nearest } from '../options.js';

/** What an intervention selects: ascending distinct indices, undefined for all. */
export interface Change {
  readonly site: Site;
  /** the site's full shape in this batch, batch first */
  readonly shape: readonly number[];
  readonly rows: readonly number[] | undefined;
  /** one entry per axis of the site */
  readonly selected: readonly (readonly number[] | undefined)[];
  readonly by: Replacement;
}

const keys = ['site', 'heads', 'features', 'positions', 'rows', 'by'];
/** Which axes each slice can select on. */
const slices: readonly (readonly ['heads' | 'features' | 'positions', readonly Axis[]])[] = [
  ['heads', ['head']],
  ['features', ['feature']],
  ['positions', ['position', 'query']],
];

function fail(what: string, where: string, todo: string): never {
  throw new InterventionError({ what, where, todo });
}

/** Turns indices into ascending distinct ones of [0, size). */
function indices(list: unknown, size: number, negative: boolean, what: string, where: string): readonly number[] {
  if (!Array.isArray(list) && !ArrayBuffer.isView(list)) fail(`${what} is not a list of indices`, where, `give ${what} as an array, or leave it out for all`);
  const from = negative ? -size : 0;
  const chosen = new Set<number>();
  for (const index of list as ArrayLike<unknown> & Iterable<unknown>) {
    if (!Number.isInteger(index) || (index as number) < from || (index as number) >= size) {
      fail(`${what} holds ${String(index)}, which is not an index from ${from} to ${size - 1}`, where, 'every index must exist, or the intervention would silently do less than it says');
    }
    chosen.add((index as number) < 0 ? (index as number) + size : (index as number));
  }
  if (chosen.size === 0) fail(`${what} is empty: the intervention selects nothing`, where, `name at least one index, or leave ${what} out for all`);
  return [...chosen].toSorted((a, b) => a - b);
}

/** The site's shape for inputs of a length. */
export const shapeAt = (site: Site, length: number): readonly number[] => site.shape.map((size) => (size === -1 ? length : size));

function checkReplacement(by: unknown, batch: readonly Tokens[], shape: readonly number[], where: string): Replacement {
  const kinds = ['zero', 'resample', 'mean', 'value'];
  const given = (typeof by === 'object' && by !== null ? by : {}) as Partial<Record<string, unknown>>;
  if (!kinds.includes(given.kind as string)) {
    fail(`the replacement is of no known kind: ${JSON.stringify(given.kind)}`, where, `set by.kind to one of ${kinds.join(', ')}`);
  }
  const length = batch[0]!.length;
  const inputs = (name: 'inputs' | 'over'): readonly Tokens[] => {
    const list = given[name];
    if (!Array.isArray(list) || list.length === 0) fail(`by.${name} is not a list of inputs, or an empty one`, where, `give by.${name} at least one input`);
    const odd = (list as readonly Tokens[]).findIndex((input) => input?.length !== length);
    if (odd >= 0) fail(`by.${name}[${odd}] has ${(list[odd] as Tokens | undefined)?.length ?? 'no'} tokens, the inputs of the batch have ${length}`, where, 'replacements must come from inputs of the same length');
    return list as readonly Tokens[];
  };
  const replacement = by as Replacement;
  switch (replacement.kind) {
    case 'resample': {
      const { length: counterfactuals } = inputs('inputs');
      if (counterfactuals !== batch.length) {
        fail(`there are ${counterfactuals} counterfactual inputs for a batch of ${batch.length}`, where, 'give one per row of the batch, in the same order');
      }
      break;
    }
    case 'mean':
      inputs('over');
      break;
    case 'value':
      checkValue(replacement.value, shape, where);
      break;
    case 'zero':
  }
  const unknown = Object.keys(given).find((key) => !['kind', { zero: '', resample: 'inputs', mean: 'over', value: 'value' }[replacement.kind]].includes(key));
  if (unknown !== undefined) fail(`a replacement of kind ${replacement.kind} has no entry ${JSON.stringify(unknown)}`, where, 'remove it');
  return replacement;
}

/** numpy's rule: aligned at the last axis, every size equal or 1. */
function checkValue(value: (Replacement & { kind: 'value' })['value'], shape: readonly number[], where: string): void {
  if (typeof value === 'number') return;
  const given: unknown = value;
  const { shape: own, data } = (given ?? {}) as { shape?: unknown; data?: unknown };
  if (!Array.isArray(own) || !own.every((size) => Number.isInteger(size) && size >= 1) || typeof (data as ArrayLike<number> | undefined)?.length !== 'number') {
    fail('by.value is neither a number nor { shape, data }', where, 'give a number, or a shape of positive sizes with its values in row-major order');
  }
  const values = data as ArrayLike<number>;
  const count = (own as number[]).reduce((a, b) => a * b, 1);
  if (count !== values.length) fail(`by.value has shape [${own.join(', ')}] but ${values.length} values`, where, `give ${count} values`);
  const ahead = shape.length - own.length;
  if (ahead < 0 || (own as number[]).some((size, axis) => size !== 1 && size !== shape[ahead + axis])) {
    fail(`by.value of shape [${own.join(', ')}] does not broadcast to the site's [${shape.join(', ')}] (batch first)`, where, 'sizes are compared from the last axis; each must be equal or 1');
  }
}

/**
 * Checks interventions and resolves their slices.
 * @throws InterventionError for a site, slice, index or replacement that matches nothing, and for an unknown key
 */
export function resolve(interventions: readonly Intervention[], batch: readonly Tokens[], sites: ReadonlyMap<string, Site>): readonly Change[] {
  const length = batch[0]!.length;
  return interventions.map((intervention, at) => {
    const where = `interventions[${at}]${typeof intervention?.site === 'string' ? `, site ${intervention.site}` : ''}`;
    if (typeof intervention !== 'object' || intervention === null) fail('this is not an intervention', where, 'give { site, by } and the slices to restrict it to');
    for (const key of Object.keys(intervention)) {
      if (!keys.includes(key)) fail(`an intervention has no entry ${JSON.stringify(key)}; the nearest is ${nearest(key, keys)}`, where, 'correct it: it would have had no effect');
    }
    const site = sites.get(intervention.site);
    if (site === undefined) {
      return fail(`the model has no site ${JSON.stringify(intervention.site)}; the nearest is ${nearestSite(intervention.site, sites)}`, where, 'use a name from model.sites');
    }
    const own = shapeAt(site, length);
    const shape = [batch.length, ...own];
    const selected: (readonly number[] | undefined)[] = own.map(() => undefined);
    for (const [name, axes] of slices) {
      const list: unknown = intervention[name];
      if (list === undefined) continue;
      const axis = site.axes.findIndex((kind) => axes.includes(kind));
      if (axis < 0) fail(`${name} cannot be selected: the site's axes are ${site.axes.join(', ')}`, where, `leave ${name} out`);
      selected[axis] = indices(list, own[axis]!, name === 'positions', name, where);
    }
    const rows = intervention.rows === undefined ? undefined : indices(intervention.rows, batch.length, false, 'rows', where);
    return { site, shape, rows, selected, by: checkReplacement(intervention.by, batch, shape, where) };
  });
}

/**
 * Inputs of single heads are normalised once per head, so that a layer's one `ln1` no longer exists.
 * @throws InterventionError where a run asks for both
 */
export function checkHeadInputs(changes: readonly Change[], touched: Iterable<string>): void {
  const layers = new Map<string, string>();
  for (const { site } of changes) {
    const [, block, name] = /^(blocks\.\d+)\.(.+)$/.exec(site.name) ?? [];
    if (block !== undefined && (headInputs as readonly string[]).includes(name!)) layers.set(block, site.name);
  }
  for (const name of touched) {
    const cause = layers.get(/^(blocks\.\d+)\.ln1\./.exec(name)?.[1] ?? '');
    if (cause !== undefined) {
      fail(`${name} cannot be read or changed in a run that intervenes on ${cause}: every head then has a normalisation of its own`, name, 'do the two in separate runs');
    }
  }
}
