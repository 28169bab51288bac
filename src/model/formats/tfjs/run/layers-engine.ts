/** A LayersModel as an engine. */
import * as tf from '@tensorflow/tfjs-core';
import { isCongruityError, ModelError, OptionError } from '../../../../errors.js';
import { suggest } from '../../../../options.js';
import type { PatchEngine, PassResult } from '../../../patch-engine.js';
import type { ComponentFamily, Site } from '../../../model.js';
import { checkSize, limited } from './limits.js';
import { inputsOf, offeredSites, outputKindOf, partsOf, representationOf, sitesOf } from '../graph/layers-sites.js';
import { checkInput, feed } from '../graph/inputs.js';
import { planOf } from '../graph/layers-plan.js';
import { logitsOf } from './logits.js';
import type { TfjsOptions } from '../file/options.js';
import { readAll } from './read.js';
import type { LayersModel } from '../graph/types.js';
import { walk } from './run-plan.js';
import { attributed } from './attribution.js';

/** Runs synchronous tensor work where the model lives. */
export type Within = <T>(work: () => T) => T;

/** An engine with what it offers. */
export interface Offered {
  readonly engine: PatchEngine;
  readonly sites: readonly Site[];
  readonly parts: readonly ComponentFamily[];
  readonly representation: readonly string[];
}

/**
 * @throws ModelError for a model that is stateful, random or damaged
 * @throws OptionError for an output that is not there
 */
export function layersEngine(model: LayersModel, name: string, options: TfjsOptions, within: Within): Offered {
  const plan = planOf(model, name);
  const sites = sitesOf(plan);
  for (const { name: site, shape } of sites) checkSize(shape, `the layer ${site}`, name);
  const specs = inputsOf(plan);
  const index = new Map(sites.map((site, value) => [site.name, value]));
  const output = (): number => {
    if (options.output !== undefined) {
      const found = index.get(options.output);
      if (found !== undefined) return found;
      throw new OptionError({
        what: `the model has no site ${JSON.stringify(options.output)}`,
        where: `model ${name}, option output`,
        hint: suggest(
          options.output,
          offeredSites(plan, sites).map((site) => site.name),
        ),
      });
    }
    if (plan.outputs.length === 1) return plan.outputs[0]!;
    throw new OptionError({
      what: `the model has ${plan.outputs.length} outputs: ${plan.outputs.map((value) => sites[value]!.name).join(', ')}`,
      where: `model ${name}`,
      hint: 'say which is the answer: the option output',
    });
  };
  const answer = output();
  const kind = options.outputIs ?? outputKindOf(plan, answer);

  // says itself what to do, or is said what it was
  const didNotRun = (cause: unknown): Error =>
    isCongruityError(cause)
      ? cause
      : new ModelError({
          what: `the model did not run: ${cause instanceof Error ? cause.message : String(cause)}`,
          where: `model ${name}`,
          hint: 'if it runs with model.predict on the same input, this is worth a report; another backend (option backend) may have what is missing',
          cause,
        });

  const engine: PatchEngine = {
    async attribute(rows, { towards, axes, logits, direction }) {
      // there a tensor cannot be read while a gradient is taken
      if (within(() => tf.getBackend()) === 'webgpu') return undefined;
      let kept: ReadonlyMap<number, tf.Tensor> | undefined;
      try {
        within(() =>
          tf.tidy(() => {
            const inputs = feed(rows, specs);
            const at = new Map(
              [...towards].map(([site, { shape, data }]) => {
                const axis = axes.get(site);
                const put = { axis: axis === undefined ? undefined : 1 + axis, towards: tf.tensor(data, [...shape]) };
                return [index.get(site)!, put] as const;
              }),
            );
            // what comes out is kept
            kept = limited(() => attributed(plan, inputs, at, { value: answer, kind, logits, direction }));
          }),
        );
      } catch (cause) {
        throw didNotRun(cause);
      }
      if (!kept) return undefined;
      const read = await readAll(kept);
      return new Map(
        [...towards].map(([site, { shape }]) => {
          const axis = axes.get(site);
          const count = axis === undefined ? 1 : shape[1 + axis]!;
          // what the answer does not depend on moves nothing
          const data = read.get(index.get(site)!)?.data ?? new Float32Array(rows.length * count);
          return [site, { shape: [rows.length, count], data }];
        }),
      );
    },
    check: (input, where) => checkInput(input, specs, where),
    async pass(rows, { capture, patches, logits }): Promise<PassResult> {
      const values = new Set(capture.map((site) => index.get(site)!));
      if (logits) values.add(answer);
      let kept: Map<number, tf.Tensor>;
      try {
        kept = within(() => {
          const inputs = tf.tidy(() => feed(rows, specs));
          try {
            return limited(() =>
              walk(plan, inputs, { values, patches: new Map(patches.map((patch) => [index.get(patch.site)!, patch])) }),
            );
          } finally {
            tf.dispose(inputs);
          }
        });
      } catch (cause) {
        throw didNotRun(cause);
      }
      const read = await readAll(kept);
      return {
        activations: new Map(capture.map((site) => [site, read.get(index.get(site)!)!])),
        ...(logits ? { logits: logitsOf(kind, read.get(answer)!) } : {}),
      };
    },
  };
  return {
    engine,
    sites: offeredSites(plan, sites),
    parts: partsOf(plan, sites, answer),
    representation: representationOf(plan, sites, answer),
  };
}
