/** What may be said about a tfjs model beyond itself. */
import * as z from 'zod';
import { ModelError, OptionError } from '../../../../errors.js';
import { suggest, type ShapeOf } from '../../../../options.js';
import type { ComponentFamily, Site } from '../../../model.js';
import { chosenParts } from '../../../component-families.js';
import { tokenizerSchema, type Tokenizer } from '../../../../tokenizers/tokenizer.js';
import {
  axes,
  common,
  computed,
  graph,
  type CommonLoadOptions,
  type ComputedOptions,
  type GraphOptions,
} from '../../options.js';

const { maxBytes, ...described } = common;

/** Of a model from files and of one in memory. */
export interface TfjsOptions extends Omit<CommonLoadOptions, 'maxBytes'>, GraphOptions {
  /** what the output holds. @defaultValue `softmax` after a softmax, `sigmoid` after a sigmoid of one unit, else `logits` */
  readonly outputIs?: 'logits' | 'softmax' | 'sigmoid' | undefined;
  /**
   * names for the axes of sites, without the batch axis: `\{ conv1: \{ axes: [...] \} \}`. Of `onnx` also other shapes for them by reshape:
   * `\{ conv1: \{ axes: [...], shape: [...] \} \}`, where one size may be -1: what the others leave. @defaultValue as the file has them
   */
  readonly sites?: Readonly<Record<string, { readonly axes?: readonly string[] | undefined }>> | undefined;
  /** a tokenizer, for inputs that are text */
  readonly tokenizer?: Tokenizer | undefined;
}

export const tfjsShape = {
  ...described,
  ...graph,
  outputIs: z.enum(['logits', 'softmax', 'sigmoid']).optional(),
  sites: z.record(z.string(), z.strictObject({ axes: axes.optional() })).optional(),
  tokenizer: tokenizerSchema.optional(),
} satisfies ShapeOf<TfjsOptions>;

export interface LoadTfjsOptions extends TfjsOptions, ComputedOptions, Pick<CommonLoadOptions, 'maxBytes'> {}

export const loadTfjsShape = { ...tfjsShape, ...computed, maxBytes } satisfies ShapeOf<LoadTfjsOptions>;

const unknownSite = (name: string, known: readonly string[], where: string): never => {
  throw new OptionError({ what: `the model has no site ${JSON.stringify(name)}`, where, hint: suggest(name, known) });
};

/** Names axes as the user does. @throws OptionError */
export function renameAxes(sites: readonly Site[], given: TfjsOptions['sites'], where: string): readonly Site[] {
  const names = sites.map(({ name }) => name);
  for (const name of Object.keys(given ?? {})) if (!names.includes(name)) unknownSite(name, names, `${where}.sites`);
  return sites.map((site) => {
    const own = given?.[site.name]?.axes;
    if (own === undefined) return site;
    if (own.length !== site.axes.length || new Set(own).size !== own.length)
      throw new OptionError({
        what: `${own.length} distinct names are given as [${own.join(', ')}], the site has ${site.axes.length} axes, [${site.shape.join(', ')}]`,
        where: `${where}.sites.${site.name}.axes`,
        hint: 'name every axis after the batch axis once',
      });
    return { ...site, axes: own };
  });
}

/** The parts and the representation that were asked for, or the default ones. @throws OptionError, ModelError */
export function choose(
  sites: readonly Site[],
  options: TfjsOptions,
  defaults: { readonly parts: readonly ComponentFamily[]; readonly representation: readonly string[] },
  where: string,
): { readonly parts: readonly ComponentFamily[]; readonly representationSites: readonly string[] } {
  const names = sites.map(({ name }) => name);
  for (const name of options.representation ?? [])
    if (!names.includes(name)) unknownSite(name, names, `${where}.representation`);
  const representationSites = options.representation ?? defaults.representation;
  if (representationSites.length === 0)
    throw new ModelError({
      what: 'the model has no layer with weights to represent inputs by',
      where,
      hint: 'name sites as the option representation',
    });
  return { parts: options.parts ? chosenParts(sites, options.parts, where) : defaults.parts, representationSites };
}
