/** Operation by operation: which heads and neurons compute it, and where its values stand. */
import type { Op } from '../language/op.js';
import { asNumber } from '../language/value.js';
import { isFloat32, ROUNDING, tooFine, type OneHot, type Reading, type Scalar } from './encoding.js';
import { Held, type Holding } from './held.js';
import { attend, attentionOf, checkSharp, type Attention, type Match } from './heads.js';
import { literalsOf } from './literals.js';
import { always, lookup, steps, sum } from './neurons.js';
import type { Terms, Wiring } from './wiring.js';

export class Composition {
  /** what the embedding of each token writes, by its place in the vocabulary, and that of each position */
  readonly tokenTerms: [number, number][][];
  readonly positionTerms: [number, number][][];
  readonly held: Held;
  private readonly tuples = new Map<string, OneHot>();
  private readonly numbers = new Map<Op, number>();

  constructor(
    readonly ops: readonly Op[],
    readonly vocabulary: number,
    readonly positions: number,
    readonly wiring: Wiring,
    holdings: ReadonlyMap<Op, Holding>,
  ) {
    this.held = new Held(wiring, holdings);
    this.tokenTerms = Array.from({ length: vocabulary }, () => []);
    this.positionTerms = Array.from({ length: positions }, () => []);
    ops.forEach((op, i) => this.numbers.set(op, i));
    for (const op of ops) {
      this.held.turn++;
      this.held.hold(op, () => this.compose(op));
    }
  }

  private compose(op: Op): OneHot | Scalar {
    const written = (terms: readonly [number, number][][], of: (row: number) => number): OneHot => {
      const features = this.held.space(op);
      terms.forEach((row, i) => row.push([features[of(i)]!, 1]));
      return { kind: 'one-hot', features, time: 0, error: 0, each: 0 };
    };
    switch (op.kind) {
      case 'tokens':
        return written(this.tokenTerms, (i) => i);
      case 'indices':
        return written(this.positionTerms, (i) => i);
      case 'constant':
        return written(this.tokenTerms, () => 0);
      case 'map':
        return this.mapped(op);
      case 'linear':
        return this.summed(op);
      case 'length':
      case 'width':
        return this.counted(op);
      case 'mean':
        return this.averaged(op);
      default:
        return this.gathered(op);
    }
  }

  private mapped(op: Op): OneHot {
    const { wiring } = this;
    const [only, ...others] = op.args;
    const features = this.held.space(op);
    const scalar = this.held.number(only!);
    if (others.length === 0 && scalar) return steps(wiring, op, only!, scalar, op.table!, features);
    return lookup(wiring, op, this.held.clear(op.args), op.table!, features);
  }

  /** A sum of means stays a number; one of other variables is a table, which a selector can read at once. */
  private summed(op: Op): OneHot | Scalar {
    if (!op.args.some((arg) => this.held.number(arg, true))) return this.mapped(op);
    const [feature] = this.wiring.allocate(1, op);
    return sum(
      this.wiring,
      op,
      op.args.map((arg) => this.held.reading(arg)),
      op.factors!,
      feature!,
    );
  }

  /** A selector's matches; several variables that one match reads together become one, by class. */
  private matchesOf(op: Op, exact: boolean): Match[] {
    if (!op.selector) return [];
    return literalsOf(op.selector).map((literal): Match => {
      const side = (
        of: readonly Op[],
        classOf: Int32Array,
        classes: number,
      ): { readonly hot: OneHot; readonly classOf: ArrayLike<number> } => {
        if (of.length === 1) return { hot: this.held.oneHot(of[0]!, exact), classOf };
        const identity = Array.from({ length: classes }, (_, i) => i);
        if (of.length === 0 || classes === 0)
          return { hot: { kind: 'one-hot', features: [], time: 0, error: 0, each: 0 }, classOf: [] };
        const key = `${of.map((one) => this.numbers.get(one)).join()} ${classOf.join()}`;
        let hot = this.tuples.get(key);
        if (hot === undefined) {
          const made = lookup(this.wiring, op, this.held.clear(of), classOf, this.wiring.allocate(classes, op));
          hot = this.held.noised(op, made);
          this.tuples.set(key, hot);
        }
        return { hot, classOf: identity };
      };
      const key = side(literal.keys, literal.keyClass, literal.keyClasses);
      const query = side(literal.queries, literal.queryClass, literal.queryClasses);
      return { ...literal, key: key.hot, keyClass: key.classOf, query: query.hot, queryClass: query.classOf };
    });
  }

  private attention(op: Op, exact: boolean, counting = false): Attention {
    return attentionOf(this.wiring, this.matchesOf(op, exact), this.positions, counting);
  }

  /** The attention of an operation that needs it uniform: of exact features where those at hand blur its codes. */
  private uniform(
    op: Op,
    counting: boolean,
    codesOf: (attention: Attention) => readonly number[],
    errorOf: (attention: Attention) => number,
  ): Attention {
    const plain = this.attention(op, false, counting);
    const codes = codesOf(plain).toSorted((a, b) => a - b);
    let gap = Infinity;
    for (let i = 1; i < codes.length; i++) gap = Math.min(gap, codes[i]! - codes[i - 1]!);
    const chosen = errorOf(plain) <= gap / 16 ? plain : this.attention(op, true, counting);
    checkSharp(op, chosen);
    return chosen;
  }

  private counted(op: Op): Scalar {
    const { wiring } = this;
    const codesOf = ({ mass }: Attention): number[] => op.values.map((width) => mass / (mass + asNumber(width)));
    const errorOf = ({ distortion, leak }: Attention): number => distortion + leak + 4 * ROUNDING;
    const attention = this.uniform(op, true, codesOf, errorOf);
    const [feature] = wiring.allocate(1, op);
    const reading: Reading = { terms: [], time: 0, error: 0, largest: 1 };
    const time = attend(wiring, op, attention, [reading], [1], [feature!]);
    return {
      kind: 'number',
      features: [feature!],
      codes: codesOf(attention),
      plain: false,
      time,
      error: errorOf(attention),
      largest: 1,
    };
  }

  private averaged(op: Op): Scalar {
    const { wiring } = this;
    const reading = this.held.reading(op.args[0]!);
    const otherwise = asNumber(op.otherwise!);
    const largest = Math.max(reading.largest, Math.abs(otherwise));
    const codes = op.values.map(asNumber);
    const errorOf = ({ distortion, leak }: Attention): number =>
      2 * largest * (distortion + leak) +
      reading.error +
      (this.positions + 2) * ROUNDING * largest +
      (isFloat32(otherwise) ? 0 : ROUNDING * Math.abs(otherwise));
    const attention = this.uniform(op, false, () => codes, errorOf);
    const [feature] = wiring.allocate(1, op);
    const time = attend(wiring, op, attention, [reading], [otherwise], [feature!]);
    return { kind: 'number', features: [feature!], codes, plain: true, time, error: errorOf(attention), largest };
  }

  /** The one value of what is selected. */
  private gathered(op: Op): OneHot {
    const { wiring, held } = this;
    const [arg] = op.args;
    const hot = held.oneHot(arg!, held.oneHot(arg!).error * op.widest! > 0.02);
    const plain = this.attention(op, false);
    const attention = plain.blur < 1 / 16 ? plain : this.attention(op, true);
    checkSharp(op, attention);
    const reading = (feature: number): Reading => ({ terms: [[feature, 1]], time: hot.time, error: 0, largest: 1 });
    const { distortion, leak } = attention;
    const off = 2 * leak + hot.error + (this.positions + 16) * ROUNDING;
    const otherwise = op.indexOf.get(op.otherwise!) ?? -1;
    const features = held.space(op);
    if (op.widest! <= 1) {
      // what is selected is the value
      const values = op.values.map((value): Reading => {
        const at = arg!.indexOf.get(value);
        return at === undefined ? { terms: [], time: 0, error: 0, largest: 0 } : reading(hot.features[at]!);
      });
      const time = attend(
        wiring,
        op,
        attention,
        values,
        op.values.map((_, i) => Number(i === otherwise)),
        features,
      );
      return { kind: 'one-hot', features, time, error: off, each: hot.each + off - hot.error };
    }
    // shares of each value, of which one is a whole only where all agree
    const own = arg!.values.filter((value) => value !== op.otherwise);
    const shares = wiring.allocate(own.length, op);
    const time = attend(
      wiring,
      op,
      attention,
      own.map((value) => reading(hot.features[arg!.indexOf.get(value)!]!)),
      own.map(() => 0),
      shares,
    );
    const block = wiring.mlpAfter(time, op);
    always(wiring, block, op, features[otherwise]!);
    const noise = held.noise(op);
    const error = noise === 0 ? off : 2 * off * (1 + noise) + noise;
    // the smallest share that another value can have
    const gap = Math.exp(-distortion) / op.widest!;
    const slope = 2 / gap;
    const rounded = 4 * ROUNDING * (2 * slope + 1);
    if (!(slope * error + rounded < 0.45))
      throw tooFine(
        op,
        `float32 cannot tell whether all of ${op.widest!} selected values agree: one of them is ${gap.toPrecision(2)} of the attention, and rounding may move it by ${error.toPrecision(2)}`,
      );
    own.forEach((value, i) => {
      const writes: Terms = [
        [features[op.indexOf.get(value)!]!, 1],
        [features[otherwise]!, -1],
      ];
      const reads: Terms = [[shares[i]!, slope]];
      const bias = 0.5 - slope * (1 - gap / 2);
      wiring.neuron(block, op, { reads, bias, writes });
      wiring.neuron(block, op, {
        reads,
        bias: bias - 1,
        writes: writes.map(([feature, weight]) => [feature, -weight] as const),
      });
    });
    return { kind: 'one-hot', features, time: 2 * block + 2, error: 4 * rounded, each: 2 * rounded };
  }
}
