/** A project of its own in which the built reporter runs in a real Jest. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check, Report } from '../../reports/schema.js';

const root = join(__dirname, '..', '..');
export const built = join(root, 'dist', 'cjs');
if (!existsSync(built)) throw new Error('the package is not built: npm run build');

export interface Run {
  readonly status: number | null;
  readonly output: string;
}

/** `leave` leaves a check, by name, in the test that runs; `red` is not in the spec's own text, of which Jest shows parts. */
const leave = (checks: Record<string, Check>): string => `const checks = ${JSON.stringify(checks)};
exports.red = (text) => '\\u001b[31m' + text + '\\u001b[39m';
exports.leave = (name) => {
  const { testPath } = expect.getState();
  const file = require('node:path').relative(process.cwd(), testPath);
  const built = require(${JSON.stringify(join(built, 'congruity.js'))});
  built['matchers/record']().recordCheck({ ...checks[name], file, test: built['matchers/moment']().testOf(expect.getState()) });
};
`;

export class JestProject {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-reporter-')));
  // of its own: other tests leave evidence in the common one at the same time
  readonly temporary = realpathSync(mkdtempSync(join(tmpdir(), 'congruity-reporter-tmp-')));

  private command(options: object, args: readonly string[]): string[] {
    const config = {
      rootDir: this.folder,
      transform: {},
      testMatch: ['**/*.spec.cjs'],
      reporters: ['default', [join(built, 'reports', 'reporter.js'), options]],
    };
    return [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', JSON.stringify(config), ...args];
  }
  private environment(extra: Record<string, string>): NodeJS.ProcessEnv {
    const env = { ...process.env };
    for (const name of Object.keys(env))
      if (/^(CONGRUITY_|JEST_|NODE_OPTIONS$|FORCE_COLOR$|NO_COLOR$|GITHUB_|CI$)/.test(name)) delete env[name];
    return { ...env, TMPDIR: this.temporary, TEMP: this.temporary, TMP: this.temporary, ...extra };
  }
  jest(options: object, extra: Record<string, string> = { NO_COLOR: '1' }, args: readonly string[] = ['-w', '2']): Run {
    const { status, stdout, stderr } = spawnSync(process.execPath, this.command(options, args), {
      cwd: this.folder,
      encoding: 'utf8',
      env: this.environment(extra),
    });
    return { status, output: stdout + stderr };
  }
  start(options: object, args: readonly string[]): ChildProcess {
    return spawn(process.execPath, this.command(options, args), {
      cwd: this.folder,
      env: this.environment({ NO_COLOR: '1' }),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }
  /** in which `leave(name)` leaves one of `checks` */
  spec(name: string, text: string): void {
    writeFileSync(join(this.folder, `${name}.spec.cjs`), `const { leave, red } = require('./leave.cjs');\n${text}`);
  }
  checks(checks: Record<string, Check>): void {
    writeFileSync(join(this.folder, 'leave.cjs'), leave(checks));
  }
  reset(): void {
    for (const name of readdirSync(this.folder)) rmSync(join(this.folder, name), { recursive: true });
  }
  read(name: string, folder = 'out'): string {
    return readFileSync(join(this.folder, folder, name), 'utf8');
  }
  report(folder = 'out'): Report {
    return JSON.parse(this.read('report.json', folder)) as Report;
  }
  remove(): void {
    for (const one of [this.folder, this.temporary]) rmSync(one, { recursive: true, force: true });
  }
}
