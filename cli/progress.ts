/** What a person sees while gates run: a line per gate, and on a terminal how far each one is. */
import { readFileSync } from 'node:fs';
import chalk from 'chalk';
import { duration } from '../src/format.js';
import { oneLine } from '../src/plain.js';
import type { Check } from '../reports/schema.js';
import { MANY } from '../reports/terminal.js';
import { mark, type Status } from '../reports/words.js';
import type { GateEvents } from './run-gates.js';
import type { PreparedGate } from './gate-order.js';

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Share done and what is being done, as the gate last said. */
export function progressOf(file: string | undefined): { share: number; doing: string } | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  // the last line may be half written
  const last = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1) ?? '';
  const found = /^(\d+) (.*)$/.exec(last);
  return found ? { share: Number(found[1]), doing: found[2]! } : undefined;
}

export class Progress implements GateEvents {
  private readonly style;
  private readonly running = new Map<PreparedGate, number>();
  private readonly timer: NodeJS.Timeout | undefined;
  private finishedCount = 0;
  /** the moving line as it stands */
  private shown = '';

  constructor(
    private readonly out: Output,
    private readonly total: number,
    colour: boolean,
  ) {
    this.style = new chalk.Instance({ level: colour ? 1 : 0 });
    if (out.isTTY === true) {
      this.timer = setInterval(() => this.draw(), 200);
      this.timer.unref();
    }
  }

  started(gate: PreparedGate): void {
    this.running.set(gate, Date.now());
    if (this.out.isTTY === true) this.draw();
    // of many, a line for each that is finished is enough to see that it goes on
    else if (this.total <= MANY) this.line(`started   ${oneLine(gate.gate.name)}`);
  }

  finished(gate: PreparedGate, check: Check): void {
    const since = this.running.get(gate);
    this.running.delete(gate);
    this.finishedCount++;
    const colours: Record<Status, (text: string) => string> = {
      held: this.style.green,
      violated: this.style.red,
      'not established': this.style.yellow,
      'not judged': this.style.magenta,
    };
    const took = since === undefined ? '' : this.style.dim(` (${duration((Date.now() - since) / 1000)})`);
    this.line(`${colours[check.status](`${mark[check.status]} ${check.status}`)}  ${oneLine(gate.gate.name)}${took}`);
  }

  /** Takes the moving line away; what was said stays. */
  end(): void {
    clearInterval(this.timer);
    this.clear();
  }

  private line(text: string): void {
    this.clear();
    this.out.write(`${text}\n`);
    if (this.out.isTTY === true) this.draw();
  }

  private clear(): void {
    if (this.shown !== '') this.out.write('\r\u001b[2K');
    this.shown = '';
  }

  private draw(): void {
    if (this.running.size === 0) return;
    const gates = [...this.running.keys()].map(({ gate, order }) => {
      const at = progressOf(order.context.progressFile);
      // what is being done, where there is room for it
      return `${oneLine(gate.name)} ${at ? `${at.share} %${this.running.size === 1 ? ` ${oneLine(at.doing)}` : ''}` : 'loading'}`;
    });
    const text = `${this.finishedCount}/${this.total}  ${gates.join(', ')}`.slice(0, (this.out.columns ?? 80) - 1);
    if (text === this.shown) return;
    this.clear();
    this.out.write(this.style.dim(text));
    this.shown = text;
  }
}
