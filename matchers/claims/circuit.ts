/** A claimed circuit, as the matchers take it. */
import { OptionError } from '../../src/errors.js';
import type { Ablation } from '../../src/circuit/ablation.js';
import type { Component } from '../../src/circuit/component.js';
import type { Circuit } from '../../src/circuit/patching.js';
import type { Model } from '../../src/model/model.js';
import { isModel, towardsModel } from '../../src/model/is-model.js';
import { chosen, leftOutside, type Components } from '../../generators/outside.js';

/** Components by name (`*` allowed), as `circuits` draws them, or a circuit from `findCircuit`. */
export type ClaimedCircuit = readonly string[] | Components | Circuit;

export interface Claimed {
  readonly inside: readonly Component[];
  readonly outside: readonly Component[];
}

const WAYS: readonly Ablation[] = ['mean', 'resample'];

/** With what components are replaced where nothing is said. On average a circuit that was found is judged as it was found. */
export const waysOf = (
  by: Ablation | readonly Ablation[] | undefined,
  circuit: unknown,
  judge?: 'input' | 'mean',
): readonly Ablation[] =>
  [by ?? (judge === 'mean' ? (circuit as Partial<Circuit> | null)?.by : undefined) ?? WAYS].flat();

/** @throws OptionError for what is no model */
export function requireModel(value: unknown, matcher: string): Model {
  if (isModel(value)) return value;
  throw new OptionError({
    what: `${matcher} is about a model, and this is none`,
    where: `expect(...).${matcher}`,
    hint: towardsModel(value),
  });
}

/**
 * The components that a circuit consists of, as it names them.
 * @throws OptionError, InterventionError for names that match nothing
 */
export function insideOf(model: Model, circuit: unknown): readonly Component[] {
  const found = circuit as Circuit | null | undefined;
  if (Array.isArray(found?.free) && Array.isArray(found.circuit)) return found.circuit;
  const list = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
  if (!list(circuit) && !list((circuit as { components?: unknown } | null | undefined)?.components))
    throw new OptionError({
      what: 'the circuit names no components',
      where: 'circuit',
      hint: "give names, as in ['blocks.0.attn.head.*', 'blocks.1.mlp'], or what findCircuit resolves to",
    });
  return chosen(model, circuit as Components);
}

/**
 * What is inside a claimed circuit, and what outside.
 * @throws as insideOf
 */
export const claimedCircuit = (model: Model, circuit: unknown, over: string | undefined): Claimed => ({
  inside: insideOf(model, circuit),
  outside: leftOutside(model, { circuit: circuit as Components, over }),
});
