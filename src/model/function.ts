/** A model from a function of the user's own: a remote service, another process, anything that can be asked. */
import { createHash } from 'node:crypto';
import { InputError, isCongruityError } from '../errors.js';
import { AnswerChecker, valueOf, type FunctionAnswer } from './function-answer.js';
import { checkFunctionOptions, type FunctionModelOptions, type FunctionSite } from './function-options.js';
import type { ModelInput } from './input.js';
import type { Axis, Model, ComponentFamily, Site } from './model.js';
import { patchEngineModel, type PassRequest, type PassResult } from './patch-engine.js';

/** A feature is called a unit, everything else as its axis. */
const kindOf = (axis: Axis): string => (axis === 'feature' ? 'unit' : axis);

const partsOf = (sites: readonly FunctionSite[]): ComponentFamily[] =>
  sites.flatMap(({ name, axes, shape, parts }): ComponentFamily[] =>
    parts === undefined || parts.length === 0
      ? [{ kind: 'layer', name, site: name, count: 1 }]
      : parts.map((axis) => ({
          kind: kindOf(axis),
          name: `${name}.${kindOf(axis)}`,
          site: name,
          axis,
          count: shape[axes.indexOf(axis)]!,
        })),
  );

async function inTime<T>(work: Promise<T>, milliseconds: number | undefined, late: () => Error): Promise<T> {
  if (milliseconds === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => (timer = setTimeout(() => reject(late()), milliseconds))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A Model from a function of your own. The function computes one forward pass: it is given rows of inputs, the sites to capture and patches to put in,
 * and returns plain arrays. examples/python-model drives a PyTorch model through it.
 *
 * Everything else (slices, counterfactual and mean activations, chunks of a batch) is done here. What the function returns is checked, and the first
 * patch of every site is read back, so that a function that ignores it is found out.
 *
 * @throws OptionError for options that do not fit together
 */
export function model(options: FunctionModelOptions): Model {
  const given = checkFunctionOptions(options);
  const { name, run, fingerprint, check, dispose } = given;
  const sites = given.sites.map(({ name: site, axes, shape }): Site => ({ name: site, axes, shape, layer: undefined }));
  const byName = new Map(sites.map((site) => [site.name, site]));
  const checker = new AnswerChecker(name);
  const hash = (identity: unknown): string => {
    if (typeof identity !== 'string' || identity === '')
      return checker.fail('the fingerprint is no text', 'return what tells these weights from others');
    return createHash('sha256').update(identity).digest('hex');
  };
  /** sites whose patches were seen to be put in */
  const seen = new Set<string>();

  const pass = async (
    inputs: readonly ModelInput[],
    { capture, patches, logits }: PassRequest,
  ): Promise<PassResult> => {
    const proof = patches.filter(({ site }) => !seen.has(site));
    const asked = [...new Set([...capture, ...proof.map(({ site }) => site)])];
    let answer: FunctionAnswer;
    try {
      // lists of its own: what it does to them is no business of ours
      const answering = Promise.resolve(
        run({ inputs: [...inputs], capture: [...asked], patches: [...patches], logits }),
      );
      answer = await inTime(
        answering,
        given.timeout,
        () => new Error(`there was no answer within ${given.timeout} ms`),
      );
    } catch (cause) {
      if (isCongruityError(cause)) throw cause;
      return checker.fail(
        `the function failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        'see the cause; the request had nothing that its options do not allow',
        cause,
      );
    }
    try {
      return read(answer, inputs, { capture, patches, logits }, asked);
    } catch (cause) {
      if (isCongruityError(cause)) throw cause;
      return checker.fail(
        `what the function gave cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        'return plain objects, with lists or typed arrays of numbers',
        cause,
      );
    }
  };

  const read = (
    answer: FunctionAnswer,
    inputs: readonly ModelInput[],
    { patches, logits }: PassRequest,
    asked: readonly string[],
  ): PassResult => {
    if (
      typeof answer !== 'object' ||
      answer === null ||
      typeof answer.activations !== 'object' ||
      answer.activations === null
    )
      checker.fail(
        'the function did not return { logits, activations }',
        'return both, with activations as an object or a Map by the names of the sites',
      );
    const activations = new Map(
      asked.map((site) => [
        site,
        checker.array(valueOf(answer.activations, site), site, inputs.length, [
          inputs.length,
          ...byName.get(site)!.shape,
        ]),
      ]),
    );
    for (const patch of patches) {
      const there = activations.get(patch.site);
      if (there === undefined) continue;
      checker.patched(patch, there);
      seen.add(patch.site);
    }
    return {
      activations,
      ...(logits ? { logits: checker.array(answer.logits, 'the logits', inputs.length, undefined) } : {}),
    };
  };

  return patchEngineModel({
    name,
    kind: 'function',
    fingerprint: typeof fingerprint === 'string' ? hash(fingerprint) : () => hash(fingerprint()),
    computes: given.identity,
    changing: typeof fingerprint === 'function',
    backend: given.backend ?? { name: 'function', description: 'a function of the user' },
    sites,
    parts: partsOf(given.sites),
    representationSites: given.representation ?? sites.map((site) => site.name),
    tokenizer: given.tokenizer,
    batchSize: given.batchSize,
    engine: {
      pass,
      ...(check === undefined
        ? {}
        : {
            check: (input: ModelInput, at: string) => {
              const reason = check(input);
              if (reason !== undefined)
                throw new InputError({ what: reason, where: at, hint: `give inputs that the model ${name} takes` });
            },
          }),
      ...(dispose === undefined ? {} : { dispose }),
    },
  });
}
