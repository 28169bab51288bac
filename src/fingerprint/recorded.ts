/** A fingerprint as a side of a comparison. */
import { FingerprintError } from '../errors.js';
import { patchOf } from '../implementations/by-intervention.js';
import { byIntervention } from '../implementations/index.js';
import { identified, UNTOUCHED, type ImplementationSet, type Recipe } from '../implementations/set.js';
import { everyComponent, inWords, type Component } from '../circuit/component.js';
import { ablationMethod, resamples } from '../circuit/ablations.js';
import type { Model } from '../model/model.js';
import { setOf } from './asked.js';
import type { Fingerprint } from './fingerprint.js';

/** A set of implementations of a model that is not at hand. */
export interface RecordedSet extends ImplementationSet {
  readonly recorded: Fingerprint;
}

/** The fingerprint that a set stands for. */
export const recordedOf = (set: ImplementationSet): Fingerprint | undefined => (set as Partial<RecordedSet>).recorded;

const standIns = new WeakMap<Model, Fingerprint>();

/** The fingerprint that a model stands in for, being none that can be run. */
export const fingerprintOf = (model: Model): Fingerprint | undefined => standIns.get(model);

/** What stands in for the model in evidence; it cannot be run. */
function standIn(fingerprint: Fingerprint): Model {
  const model = standInOf(fingerprint);
  standIns.set(model, fingerprint);
  return model;
}

function standInOf({ said, digest, where }: Fingerprint): Model {
  const { name, kind, fingerprint } = said.model;
  const { backend, backendDescription } = said.environment;
  const refuse = (): never => {
    throw new FingerprintError({
      what: `${name} is a fingerprint, and no model that can be run`,
      where,
      hint: 'load the model itself, where it is at hand',
    });
  };
  return {
    name,
    kind,
    fingerprint,
    identity: `fingerprint ${digest}`,
    backend: { name: backend, description: backendDescription },
    sites: [],
    parts: said.parts,
    representationSites: said.draws[0]!.sample.sites,
    run: async () => refuse(),
    dispose: () => undefined,
  };
}

/**
 * A fingerprint as what `compare` and the gates take for a baseline.
 * @param fingerprint from `readFingerprint`, or made by `fingerprint`
 */
export function recorded(fingerprint: Fingerprint): RecordedSet {
  const { said, digest, where } = fingerprint;
  const set: ImplementationSet = {
    description: `fingerprint of ${said.model.name}: ${said.draws.length - 1} draws`,
    original: standIn(fingerprint),
    open: async () => {
      throw new FingerprintError({
        what: 'a fingerprint cannot be drawn from anew',
        where,
        hint: 'load the model itself, where it is at hand',
      });
    },
  };
  return { ...identified(set, () => ['fingerprint', digest]), recorded: fingerprint } as RecordedSet;
}

const family = (parts: Model['parts']): string =>
  JSON.stringify(parts.map(({ kind, name, site, axis = null, count }) => [kind, name, site, axis, count]));

/** Why the interventions of a fingerprint cannot be made on a model: a sentence without its full stop; undefined where they can. */
export const unlikeParts = ({ said }: Fingerprint, model: Model): string | undefined =>
  family(said.parts) === family(model.parts) ? undefined : `${model.name} has other components than ${said.model.name}`;

export const recipeKey = ({ components: names, seed }: Recipe): string => JSON.stringify([seed, names]);

/** Interventions of a fingerprint that are tried on another model before it is drawn by itself instead, and how many of them it must tolerate. */
const TRIED = 8;
const TOLERATED = 4;

/** The draws that are tried: fewer of a fingerprint that has fewer. */
export const firstTried = ({ said }: Fingerprint): Fingerprint['said']['draws'] => said.draws.slice(1, 1 + TRIED);

/** Why a model is to be drawn by itself that tolerates so many of those; undefined where it is not. */
export function toleratesTooFew({ name }: Model, tolerated: number, fingerprint: Fingerprint): string | undefined {
  const tries = firstTried(fingerprint).length;
  const enough = Math.ceil((TOLERATED / TRIED) * tries);
  return tolerated >= enough
    ? undefined
    : `${name} tolerates ${tolerated} of the first ${tries} interventions of the fingerprint, and ${enough} would do`;
}

/** A model's implementations by the interventions of a fingerprint, in its order: those that break the behaviour of this model are rejected. */
export function byRecipes(model: Model, fingerprint: Fingerprint): ImplementationSet {
  const { said } = fingerprint;
  const { by } = said.options;
  const { done } = ablationMethod(by);
  const like = byIntervention(model, setOf(fingerprint));
  const set: ImplementationSet = {
    description: `${model.name} with the interventions of the fingerprint of ${said.model.name}`,
    original: model,
    resamples: resamples(by),
    ...(like.ablatable && { ablatable: like.ablatable }),
    async open({ task, examples, signal }) {
      const known = new Map(everyComponent(model).map((one) => [one.name, one]));
      return {
        async draw(index) {
          const recipe = said.draws[index]?.recipe;
          if (!recipe) return undefined;
          const { components: names, seed } = recipe;
          if (names.length === 0)
            return {
              description: index === 0 ? `${model.name} itself` : `${model.name} with nothing ${done} (draw ${index})`,
              model,
              patch: undefined,
              recipe: index === 0 ? UNTOUCHED : recipe,
            };
          const chosen = names.map((name): Component => {
            const found = known.get(name);
            if (found) return found;
            throw new FingerprintError({
              what: `${model.name} has no component ${name}, which the fingerprint patches`,
              where: fingerprint.where,
              hint: 'compare models with the same components, or the models themselves',
            });
          });
          return {
            description: `${model.name} with ${inWords(chosen, model)} ${done} (draw ${index})`,
            model,
            patch: await patchOf(model, chosen, by, task, examples, seed, signal),
            recipe,
          };
        },
      };
    },
  };
  return identified(set, (keyOf) => {
    const key = keyOf(model);
    return key && ['recipes', key, by, said.draws.map(({ recipe }) => [recipe.seed, recipe.components])];
  });
}
