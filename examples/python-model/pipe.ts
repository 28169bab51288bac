// Another process that answers questions: one JSON object a line each way, answers matched to questions by `id`.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

type Json = Readonly<Record<string, unknown>>;
interface Waiting {
  readonly resolve: (answer: Json) => void;
  readonly reject: (error: Error) => void;
}

/** Longer lines than this are no answers. */
const longest = 2 ** 29;

export class Pipe {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting = new Map<unknown, Waiting>();
  private next = 0;
  private line: string[] = [];
  private length = 0;
  private complaints = '';
  /** why nothing more can be asked */
  private ended: Error | undefined;
  /** the first line, which the process says unasked */
  readonly hello: Promise<Json>;

  constructor(
    private readonly command: string,
    args: readonly string[],
  ) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.hello = this.answerTo('hello');
    this.hello.catch(() => undefined);
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => this.read(text));
    this.child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (this.complaints = (this.complaints + text).slice(-2000)));
    // it may be gone before it has read a question: its end says so
    this.child.stdin.on('error', () => undefined);
    this.child.on('error', (error) => this.end(`${command} cannot be started: ${error.message}`));
    this.child.on('close', (code, signal) =>
      this.end(
        `${command} ended ${signal === null ? `with code ${code}` : `by ${signal}`}${this.complaints === '' ? '' : `:\n${this.complaints.trim()}`}`,
      ),
    );
  }

  /** Rejects when the process ends or says what is no answer; it never waits for one that is gone. */
  ask(question: Json): Promise<Json> {
    if (this.ended) return Promise.reject(this.ended);
    const id = this.next++;
    this.child.stdin.write(`${JSON.stringify({ ...question, id })}\n`);
    return this.answerTo(id);
  }

  /** Ends the process; whoever waits is told. */
  close(): void {
    this.end(`${this.command} was closed`);
  }

  private answerTo(id: unknown): Promise<Json> {
    this.hold(true);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** A process that nobody waits for does not keep this one alive. */
  private hold(on: boolean): void {
    for (const handle of [this.child, this.child.stdin, this.child.stdout, this.child.stderr] as unknown as {
      ref?(): void;
      unref?(): void;
    }[])
      (on ? handle.ref : handle.unref)?.call(handle);
  }

  private read(text: string): void {
    const parts = text.split('\n');
    const last = parts.pop()!;
    for (const part of parts) {
      const line = this.line.join('') + part;
      this.line = [];
      this.length = 0;
      if (line !== '') this.answer(line);
    }
    this.line.push(last);
    this.length += last.length;
    if (this.length > longest) this.end(`${this.command} said a line of more than ${longest} characters`);
  }

  private answer(line: string): void {
    let answer: Json;
    try {
      answer = JSON.parse(line) as Json;
      if (typeof answer !== 'object' || answer === null) throw new Error('no object');
    } catch {
      return this.end(`${this.command} said ${JSON.stringify(line.slice(0, 200))}, which is no answer`);
    }
    const id = this.waiting.has('hello') ? 'hello' : answer.id;
    const waiting = this.waiting.get(id);
    if (waiting === undefined)
      return this.end(`${this.command} answered the question ${JSON.stringify(id)}, which nobody asked`);
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.hold(false);
    if (typeof answer.error === 'string') waiting.reject(new Error(answer.error));
    else waiting.resolve(answer);
  }

  private end(why: string): void {
    if (this.ended) return;
    this.ended = new Error(why);
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
    this.hold(false);
    this.child.kill();
  }
}
