/** An implementation that fast-check drew. */
import type { Component } from '../../src/circuit/component.js';
import type { Ablation } from '../../src/circuit/ablations.js';
import type { Intervention, Model } from '../../src/model/model.js';
import type { ExampleRun, ExampleRunOptions, BatchInterventions } from '../../src/task/run.js';
import type { Examples } from '../../src/task/task.js';
import type { Implementation } from '../../src/implementations/set.js';
import { namesOf } from './component-set.js';
import { inputInWords, printed } from './printed.js';
import type { Counterfactual } from './counterfactual-source.js';

/** An implementation drawn by fast-check: a model, and what is patched in it. Prints itself in words. */
export interface GeneratedImplementation<I = unknown> extends Implementation {
  /** `release with blocks.1.attn.head.3 taken from [3, 5]` */
  readonly description: string;
  readonly model: Model;
  /** what is intervened on */
  readonly components: readonly Component[];
  /** with what */
  readonly by: Ablation;
  /** from where, for `resample` */
  readonly from: Counterfactual<I> | undefined;
  /** what the behaviour is measured on; the same for all implementations of an arbitrary */
  readonly examples: Examples<I>;
  /** the interventions for a batch of the examples */
  readonly patch: BatchInterventions;
  /** Interventions for `model.run` on a batch of inputs of one's own. @throws InputError for inputs of a size that no example has */
  interventions(inputs: readonly I[]): readonly Intervention[];
  /** Runs the examples. */
  run(options?: Pick<ExampleRunOptions, 'capture' | 'signal'>): Promise<ExampleRun>;
  /** mean behaviour over the examples */
  score(): Promise<number>;
  toJSON(): ImplementationDescription;
  toString(): string;
}

/** An implementation as plain JSON, to keep and to read: `implementation(model, options, description)` gives it back. */
export interface ImplementationDescription {
  /** names, `*` allowed */
  readonly components: readonly string[];
  readonly by: Ablation;
  /** of `resample`: inputs as they print, one per size that the examples have; or a shift; or a seed */
  readonly from?: { readonly inputs: readonly string[] } | { readonly shift: number } | { readonly seed: number };
}

/** What makes implementations: the options that they were drawn with, and the model. */
export interface ImplementationMaker<I> {
  readonly model: Model;
  readonly examples: Examples<I>;
  describe(components: readonly Component[], by: Ablation, from: Counterfactual<I> | undefined): string;
  patch(components: readonly Component[], by: Ablation, from: Counterfactual<I> | undefined): BatchInterventions;
  interventions(
    components: readonly Component[],
    by: Ablation,
    from: Counterfactual<I> | undefined,
    inputs: readonly I[],
  ): readonly Intervention[];
  run(one: GeneratedImplementation<I>, options: Pick<ExampleRunOptions, 'capture' | 'signal'>): Promise<ExampleRun>;
}

/** An implementation that was drawn. */
export class Generated<I> implements GeneratedImplementation<I> {
  readonly #maker: ImplementationMaker<I>;
  readonly description: string;
  readonly model: Model;
  readonly examples: Examples<I>;
  readonly patch: BatchInterventions;

  constructor(
    maker: ImplementationMaker<I>,
    readonly components: readonly Component[],
    readonly by: Ablation,
    readonly from: Counterfactual<I> | undefined,
  ) {
    this.#maker = maker;
    this.description = maker.describe(components, by, from);
    ({ model: this.model, examples: this.examples } = maker);
    this.patch = maker.patch(components, by, from);
    printed(this, () => this.description);
  }

  interventions(inputs: readonly I[]): readonly Intervention[] {
    return this.#maker.interventions(this.components, this.by, this.from, inputs);
  }

  run(options: Pick<ExampleRunOptions, 'capture' | 'signal'> = {}): Promise<ExampleRun> {
    return this.#maker.run(this, options);
  }

  async score(): Promise<number> {
    return (await this.run()).score;
  }

  toJSON(): ImplementationDescription {
    const { from } = this;
    return {
      components: namesOf(this.model, this.components),
      by: this.by,
      ...(from && {
        from:
          from.kind === 'input'
            ? { inputs: from.inputs.map((input) => inputInWords(input)) }
            : from.kind === 'shift'
              ? { shift: from.places }
              : { seed: from.seed },
      }),
    };
  }
}
