/** What a program is written with: sequences and selectors. */
import { ProgramError } from '../../errors.js';
import type { Op, SelectorOp } from './op.js';
import type { Value } from './value.js';

function checkName(name: unknown, where: string): asserts name is string {
  if (typeof name !== 'string' || !/^[\p{L}_][\p{L}\p{N}_ -]*$/u.test(name))
    throw new ProgramError({
      what: `${typeof name === 'string' ? JSON.stringify(name) : String(name)} is no name`,
      where,
      hint: 'begin with a letter, and go on with letters, digits, spaces, - and _',
    });
}

function nameIt(op: Op | SelectorOp, name: string, where: string): void {
  checkName(name, where);
  if (op.name !== undefined && op.name !== name)
    throw new ProgramError({
      what: `an expression that is named ${op.name} is named ${name} as well`,
      where,
      hint: 'name it once; to compute it twice, write it twice',
    });
  op.name = name;
}

/** A value at each position. Made by the functions that `program` hands out; never changed but for its name. */
export class Sequence<out T extends Value = Value> {
  /** every value that it can have over the program's inputs, or more; in order */
  readonly values: readonly T[];

  /** @internal */
  constructor(readonly op: Op) {
    this.values = op.values as readonly T[];
  }

  /**
   * Gives it the name by which the program prints it and `set` reaches it.
   * @throws ProgramError where it has another name
   */
  named(name: string): this {
    nameIt(this.op, name, `named(${JSON.stringify(name)})`);
    return this;
  }
}

/** Which positions each position looks at. */
export class Selector {
  /** @internal */
  constructor(readonly op: SelectorOp) {}

  /** Gives it the name by which the program prints it. @throws ProgramError where it has another name */
  named(name: string): this {
    nameIt(this.op, name, `named(${JSON.stringify(name)})`);
    return this;
  }
}
