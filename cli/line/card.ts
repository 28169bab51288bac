/** `congruity card`: a card of a model and a badge, from a report. */
import { dirname, join, resolve } from 'node:path';
import { badgeOf, badgeSvg, toCard } from '../../reports/card.js';
import { shownPath } from '../../src/io/system.js';
import { makeFolder, replaceFile } from '../../src/io/whole-file.js';
import { oneLine } from '../../src/plain.js';
import { notEmpty } from '../arguments.js';
import { readReport } from '../read-report.js';
import { requireFolder } from './sides.js';

/** Runs the command and returns its exit code, 0. @throws FileError for what is no report */
export async function cardCommand(path: string, args: { readonly out?: string | undefined }): Promise<0> {
  notEmpty(args.out, '--out', '--out folder');
  const { report, where } = await readReport(path, 'card');
  const out = resolve(args.out ?? dirname(where));
  const badge = JSON.stringify({ schemaVersion: 1, ...badgeOf(report) });
  const texts = { 'card.md': toCard(report), 'badge.svg': badgeSvg(report), 'badge.json': `${badge}\n` };
  makeFolder(out, 'name another: --out');
  try {
    for (const [name, text] of Object.entries(texts)) replaceFile(join(out, name), text);
  } catch (cause) {
    requireFolder(cause, out);
  }
  const shown = shownPath(out);
  process.stdout.write(
    `${oneLine(
      Object.keys(texts)
        .map((name) => join(shown, name))
        .join(', '),
    )}\n`,
  );
  return 0;
}
