/** What may be said about a tfjs model beyond itself. */
import { z } from 'zod';
import { ModelError, OptionError } from '../../../../errors.js';
import { suggest } from '../../../../options.js';
import type { ModelInput } from '../../../input.js';
import type { Axis, ComponentFamily, Site } from '../../../model.js';
import { chosenParts, type PartOptions } from '../../../component-families.js';
import { tokenizerSchema, type Tokenizer } from '../../../../tokenizers/tokenizer.js';
import type { OutputKind } from '../run/logits.js';

export interface TfjsOptions {
  /** for reports; default: the model's own name, of a file its base name (that of its folder for `model.json`) */
  readonly name?: string | undefined;
  /** rows computed at once; bounds memory, changes no meaning. @defaultValue 256 */
  readonly batchSize?: number | undefined;
  /** the site that is the model's answer; default: its output, needed where it has several */
  readonly output?: string | undefined;
  /** what that site holds; default: `softmax` after a softmax, `sigmoid` after a sigmoid of one unit, else `logits` */
  readonly outputIs?: OutputKind | undefined;
  /** names for the axes of sites, without the batch axis: `{ reshape_1: { axes: ['position', 'head', 'feature'] } }` */
  readonly sites?: Readonly<Record<string, { readonly axes?: readonly Axis[] | undefined }>> | undefined;
  /** what a search for components ranges over; default: channels, units and hidden layers with weights */
  readonly parts?: readonly PartOptions[] | undefined;
  /** names of sites; default: hidden layers with weights, after their activation */
  readonly representation?: readonly string[] | undefined;
  readonly tokenizer?: Tokenizer | undefined;
}

const text = z.string().min(1);

export const tfjsShape = {
  name: text.optional(),
  batchSize: z.int().positive().optional(),
  output: text.optional(),
  outputIs: z.enum(['logits', 'softmax', 'sigmoid']).optional(),
  sites: z.record(z.string(), z.strictObject({ axes: z.array(text).optional() })).optional(),
  parts: z
    .array(
      z.strictObject({
        kind: text,
        site: text,
        axis: text.optional(),
        name: text.optional(),
        count: z.int().positive().optional(),
      }),
    )
    .optional(),
  representation: z.array(text).min(1).optional(),
  tokenizer: tokenizerSchema.optional(),
};

export const exampleShape = {
  example: z
    .custom<ModelInput>(
      (value) => typeof value === 'object' && value !== null,
      'an example is an input: token ids or tensors',
    )
    .optional(),
};

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
