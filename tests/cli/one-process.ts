/** The command's function, called in one process of Node's for all calls of a test file: for what depends on the arguments, the folder and the files, not on the process. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { environment, type Project, type Result } from './command.js';

export class OneProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(result: Result): void; reject(error: Error): void }>();
  #calls = 0;

  constructor() {
    this.#child = fork(join(__dirname, 'calls.cjs'), {
      env: environment({}),
      execArgv: [],
      // as for a command started by itself: no terminal
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    this.#child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()));
    this.#child.on('message', ({ id, result }: { id: number; result: Result }) => {
      this.#waiting.get(id)!.resolve(result);
      this.#waiting.delete(id);
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the process of the command ended: ${code ?? signal}\n${said}`));
    });
  }

  /** As `project.run`. */
  run(
    project: Project,
    args: readonly string[],
    { cwd = project.folder, env = {} }: { cwd?: string | undefined; env?: Record<string, string> } = {},
  ): Promise<Result> {
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, args, cwd, env: environment({ ...project.temporaries, ...env }) });
    });
  }

  end(): void {
    this.#child.disconnect();
  }
}
