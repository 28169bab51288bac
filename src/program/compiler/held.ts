/** Where each variable stands while a transformer is composed, and what reads it there. */
import type { Op } from '../language/op.js';
import { asNumber } from '../language/value.js';
import { checkApart, isFloat32, readingOf, ROUNDING, type OneHot, type Reading, type Scalar } from './encoding.js';
import { erased, lookup, steps } from './neurons.js';
import type { Wiring } from './wiring.js';

/** How one variable is held in another way than plainly. */
export interface Holding {
  /** what its first place is. Default: what computes it gives */
  readonly encoding?: OneHot['kind'] | Scalar['kind'] | undefined;
  /** it is computed twice, and read from the mean of both, or from either in turns. Default: once */
  readonly copies?: 'mean' | 'either' | undefined;
  /** what is written may be off by this share of itself. Default: 0 */
  readonly noise?: number | undefined;
}

/** What stands somewhere, and whether it is computed from what stands elsewhere. */
export interface Stand {
  readonly encoding: OneHot | Scalar;
  readonly derived: boolean;
}

type Encoding = OneHot | Scalar;

export class Held {
  private readonly stands = new Map<Op, Stand[]>();
  /** what is read, for a reader of each turn; the first is what the others are computed from */
  private readonly read = new Map<Op, Encoding[][]>();
  /** which of several copies are read */
  turn = 0;

  constructor(
    private readonly wiring: Wiring,
    private readonly holdings: ReadonlyMap<Op, Holding>,
  ) {}

  /** All places of a variable in the order in which they appear in the model, those that nothing else is computed from last. */
  standsOf(op: Op): readonly Stand[] {
    return this.stands.get(op)!.toSorted((a, b) => Number(a.derived) - Number(b.derived));
  }

  /** Features for its values to be written to: one that will hold its number, if that is how it is held. */
  space(op: Op): number[] {
    if (this.holdings.get(op)?.encoding !== 'number') return this.wiring.allocate(op.values.length, op);
    const [feature] = this.wiring.allocate(1, op);
    return codesOf(op).map((code) => this.wiring.mixture([[feature!, code]]));
  }

  /** What noise in the features of an operation adds: weights are not short numbers any more, so that products are rounded, too. */
  noised<E extends Encoding>(op: Op, encoding: E): E {
    const noise = this.noise(op);
    if (noise === 0) return encoding;
    const more = (error: number, largest: number): number => 2 * error * (1 + noise) + noise * largest;
    return encoding.kind === 'number'
      ? {
          ...encoding,
          error: more(encoding.error, encoding.largest),
          largest: encoding.largest * (1 + noise),
        }
      : { ...encoding, error: more(encoding.error, 1), each: more(encoding.each, 1) };
  }
  /** The share by which what is written may be off. */
  noise(op: Op): number {
    const noise = this.holdings.get(op)?.noise ?? 0;
    return noise === 0 ? 0 : noise + 4 * ROUNDING;
  }

  /** Holds a variable, in the way that it is to be held. @param make computes it, into its `space`. @throws CompilationError where its values cannot be told apart there */
  hold(op: Op, make: () => Encoding): void {
    const { encoding, copies } = this.holdings.get(op) ?? {};
    const one = (): Encoding => {
      const made = make();
      // features that nobody allocated: mixtures of the one that there is
      if (encoding === 'number' && made.kind === 'one-hot') return this.checked(op, this.numbered(op, made));
      const held = this.checked(op, made);
      return encoding === 'one-hot' && held.kind === 'number' ? this.instead(op, held) : held;
    };
    const all = copies === undefined ? [one()] : [one(), one()];
    this.stands.set(
      op,
      all.map((each) => ({ encoding: each, derived: false })),
    );
    this.read.set(op, copies === 'mean' ? [[this.mean(all as [Encoding, Encoding])]] : all.map((each) => [each]));
  }

  private checked<E extends Encoding>(op: Op, encoding: E): E {
    const held = this.noised(op, encoding);
    checkApart(op, held);
    return held;
  }

  /** What was written to its space, as the number that it is. */
  private numbered(op: Op, { features, time, error }: OneHot): Scalar {
    const codes = codesOf(op);
    const largest = Math.max(...codes.map(Math.abs));
    const [[feature]] = this.wiring.termsOf(features[0]!) as [[number, number]];
    // what is exactly 0 or 1 leaves the rounding of the weight; all else is a sum of as many as there are values
    const off =
      error === 0
        ? Number(!codes.every(isFloat32)) * ROUNDING
        : error * (1 + codes.length) + 2 * (codes.length + 8) * ROUNDING;
    return { kind: 'number', features: [feature], codes, plain: isPlain(op), time, error: off * largest, largest };
  }

  /** One-hot features in the place of a number, which is taken away. */
  private instead(op: Op, scalar: Scalar): OneHot {
    const made = steps(
      this.wiring,
      op,
      op,
      scalar,
      op.values.map((_, i) => i),
      this.wiring.allocate(op.values.length, op),
    );
    erased(this.wiring, made.time / 2 - 1, op, scalar);
    return this.checked(op, made);
  }

  /** Half of each. */
  private mean([a, b]: readonly [Encoding, Encoding]): Encoding {
    const features = a.features.map((feature, i) =>
      this.wiring.mixture([
        [feature, 0.5],
        [b.features[i]!, 0.5],
      ]),
    );
    const time = Math.max(a.time, b.time);
    const error = Math.max(a.error, b.error);
    if (a.kind === 'number')
      return { ...a, features: features as [number], time, error: error + 4 * ROUNDING * a.largest };
    const rounded = error > 0 ? 4 * ROUNDING : 0;
    const each = Math.max(a.each, (b as OneHot).each);
    return { ...a, features, time, error: error + rounded * features.length, each: each + rounded };
  }

  private listOf(op: Op): Encoding[] {
    const lists = this.read.get(op)!;
    return lists[this.turn % lists.length]!;
  }

  private derive(op: Op, encoding: OneHot): OneHot {
    const held = this.checked(op, encoding);
    this.listOf(op).push(held);
    this.stands.get(op)!.push({ encoding: held, derived: true });
    return held;
  }

  /** Its number, if it has one. @param plain true: one that is the value itself */
  number(op: Op, plain = false): Scalar | undefined {
    return this.listOf(op).find((one): one is Scalar => one.kind === 'number' && (one.plain || !plain));
  }

  /** Its one-hot features, made if they are not there. @param exact true: no rounding to speak of, at the cost of an MLP */
  oneHot(op: Op, exact = false): OneHot {
    const { wiring } = this;
    const there = this.listOf(op);
    const [first, second] = there.filter((one): one is OneHot => one.kind === 'one-hot');
    const identity = op.values.map((_, i) => i);
    if (first === undefined) {
      const made = steps(wiring, op, op, there[0] as Scalar, identity, wiring.allocate(op.values.length, op));
      const held = this.derive(op, made);
      return exact ? this.oneHot(op, true) : held;
    }
    if (!exact || first.error < 1e-6) return first;
    return second ?? this.derive(op, lookup(wiring, op, [first], identity, wiring.allocate(op.values.length, op)));
  }

  /** One-hot features of several, exact where they are too blurred to be read together. */
  clear(args: readonly Op[]): OneHot[] {
    const blur = args.reduce((total, arg) => total + this.oneHot(arg).error, 0);
    return args.map((arg) => this.oneHot(arg, blur > 0.1));
  }

  /** The number of a sequence of numbers. */
  reading(op: Op): Reading {
    return readingOf(op, this.number(op, true) ?? this.oneHot(op));
  }
}

/** True where a variable's values are numbers themselves. */
const isPlain = (op: Op): boolean =>
  op.values.every((value) => typeof value === 'number' || typeof value === 'boolean');

/** What its number is for each of its values: the value itself, or its place among them from 1. */
const codesOf = (op: Op): number[] => (isPlain(op) ? op.values.map(asNumber) : op.values.map((_, i) => i + 1));
