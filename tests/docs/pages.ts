/** The pages of the documentation and their fenced blocks, whatever pages there are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '..', '..');

export interface Block {
  /** of the page, from 1: the first line of the block's text */
  readonly line: number;
  /** what stands behind the fence: `ts`, `js`, `json`; empty for text and shell */
  readonly language: string;
  readonly lines: readonly string[];
  /** the test that runs the very code of this block, named in a comment before it; the block is then type-checked only */
  readonly runBy?: string;
  /** what it prints or throws: the text right after it, in a fence without a language or indented by four */
  readonly prints?: readonly string[];
}

export interface Page {
  /** from the root: `docs/models.md` */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const FENCE = /^( *)```(\S*)$/;
const RUN_BY = /^<!-- type-checked here; (\S+) runs this code: .+ -->$/;

const withoutBlankEnds = (lines: readonly string[]): string[] => {
  const [first, last] = [
    lines.findIndex((line) => line.trim() !== ''),
    lines.findLastIndex((line) => line.trim() !== ''),
  ];
  return first < 0 ? [] : lines.slice(first, last + 1);
};

/** The fence that opens at a line: its language, its lines without the fence's indent, and the line after it. */
function fenceAt(
  lines: readonly string[],
  at: number,
  place: string,
): { language: string; lines: string[]; end: number } | undefined {
  const [, indent, language] = FENCE.exec(lines[at] ?? '') ?? [];
  if (indent === undefined || language === undefined) return undefined;
  const close = lines.indexOf(`${indent}\`\`\``, at + 1);
  if (close < 0) throw new Error(`${place}:${at + 1}: the fence is not closed`);
  return { language, lines: lines.slice(at + 1, close).map((line) => line.slice(indent.length)), end: close + 1 };
}

export function blocksOf(text: string, place: string): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = fenceAt(lines, at, place);
    if (fence === undefined) continue;
    const before =
      lines
        .slice(0, at)
        .findLast((line) => line.trim() !== '')
        ?.trim() ?? '';
    const runBy = RUN_BY.exec(before)?.[1];
    let next = fence.end;
    while (lines[next]?.trim() === '') next++;
    let prints = fenceAt(lines, next, place);
    if (prints?.language !== '') prints = undefined;
    if (prints === undefined && /^ {4}\S/.test(lines[next] ?? '')) {
      let end = next;
      while (end < lines.length && /^( {4}.*|\s*)$/.test(lines[end]!)) end++;
      prints = { language: '', lines: lines.slice(next, end).map((line) => line.slice(4)), end };
    }
    const printed = prints && withoutBlankEnds(prints.lines);
    blocks.push({
      line: at + 2,
      language: fence.language,
      lines: fence.lines,
      ...(runBy && { runBy }),
      ...(printed && { prints: printed }),
    });
    at = fence.end - 1;
  }
  return blocks;
}

const markdown = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();

/** README.md, all of docs/ and what lies beside the examples. */
export const pages: readonly Page[] = ['README.md', ...markdown('docs'), ...markdown('examples')].map((path) => {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, blocks: blocksOf(text, path) };
});

/** What a page takes for granted: tests/docs/given/<page>.ts, which uses what a reader can import and nothing else. */
export const givenOf = (page: Page): string | undefined => {
  const file = join(
    root,
    'tests',
    'docs',
    'given',
    `${page.path
      .replace(/^docs\//, '')
      .replaceAll('/', '-')
      .replace(/\.md$/, '')}.ts`,
  );
  return existsSync(file) ? file : undefined;
};
