/**
 * A page as one program: its imports, then its blocks in order, each in the scope of those before it, so that a later one sees what an earlier one
 * declared and may declare it anew. Where the page says what an expression gives or a block prints, the program tells `docs`.
 */
import { relative } from 'node:path';
import { readFileSync } from 'node:fs';
import { givenOf, root, type Block, type Page } from './pages';

/** What a program calls while it runs. */
export interface Docs {
  /** a block begins */
  at(line: number): void;
  /** the value of an expression, and what the comment after it says */
  shown(value: unknown, comment: string): void;
  /** the block's last statement, and what the page says that the block prints or throws */
  prints(last: () => unknown, text: string): Promise<void>;
  /** a Jest test of the page, which is run at once: it fails where the page's would */
  test(name: string, work: () => Promise<void>): Promise<void>;
  /** what the block exports by default */
  exported(value: unknown): void;
}

export interface Program {
  readonly code: string;
  /** `docs/models.md:17` of a line of the code, from 1 */
  place(line: number): string;
}

interface Line {
  readonly text: string;
  readonly place: string;
}

const IMPORT = /^import (?:(?:type )?\{([^}]*)\} from |(\* as \w+) from |(\w+) from )?'([^']+)';/;

/** Names of one module, each once: an object of `name` or `type name` to the place that wants it. */
class Imports {
  private readonly lines = new Map<string, Line>();

  /** true where the line was an import */
  take(line: Line): boolean {
    const [all, named, star, one, from] = IMPORT.exec(line.text) ?? [];
    if (all === undefined) {
      if (/^import\b/.test(line.text))
        throw new Error(
          `${line.place}: an import that the check of the docs cannot read (names in braces): ${line.text}`,
        );
      return false;
    }
    const what = star ?? one;
    const each =
      named === undefined
        ? [what === undefined ? `import '${from}';` : `import ${what} from '${from}';`]
        : named
            .split(',')
            .filter((name) => name.trim() !== '')
            .map((name) => `import { ${name.trim()} } from '${from}';`);
    for (const text of each) if (!this.lines.has(text)) this.lines.set(text, { text, place: line.place });
    return true;
  }

  all(): Line[] {
    return [...this.lines.values()];
  }
}

/** The last statement that begins before a line: where it begins. Statements begin at the margin, and what closes one does not begin another. */
function beginOf(lines: readonly string[], before: number): number {
  for (let at = before - 1; at >= 0; at--) if (/^[^\s/})\]]/.test(lines[at]!)) return at;
  return 0;
}

const DECLARES = /^(const|let|var|function|async function|class|interface|type|import|export|for|if|try|while)\b/;

function statements(block: Block, runs: boolean): string[] {
  const lines = block.lines.map((line) => line.replace(/^export default (.*)$/, 'const exportedHere = $1'));
  const exports = block.lines.some((line) => line.startsWith('export default '));
  if (runs) {
    lines.forEach((line, i) => (lines[i] = line.replace(/^test\(/, 'await docs.test(')));
    // what comes out, in comments right under an expression
    for (let end = 0; end < lines.length; end++) {
      if (!lines[end]!.endsWith(';') || !lines[end + 1]?.startsWith('// ')) continue;
      const begin = beginOf(lines, end + 1);
      if (DECLARES.test(lines[begin]!)) continue;
      let last = end + 1;
      while (lines[last + 1]?.startsWith('// ')) last++;
      const comment = lines
        .slice(end + 1, last + 1)
        .map((line) => line.slice(3))
        .join('\n');
      lines[begin] = `docs.shown(${lines[begin]!}`;
      lines[end] = `${lines[end]!.slice(0, -1)}, ${JSON.stringify(comment)});`;
    }
    if (block.prints !== undefined) {
      let end = lines.length - 1;
      while (end > 0 && /^(\/\/.*)?$/.test(lines[end]!)) end--;
      const begin = beginOf(lines, end + 1);
      lines[begin] = `await docs.prints(async () => { ${lines[begin]!}`;
      // on a line of its own: a comment may end the statement's
      lines.push(`}, ${JSON.stringify(block.prints.join('\n'))});`);
    }
  }
  if (exports) lines.push('docs.exported(exportedHere);');
  return lines;
}

/**
 * @param wanted which blocks
 * @param runs false: for the compiler alone, with the code as the page has it
 */
export function programOf(page: Page, wanted: (block: Block) => boolean, runs: boolean): Program {
  const imports = new Imports();
  const body: Line[] = [];
  let depth = 0;
  const open = (lines: readonly string[], first: number, file: string, at: number): void => {
    body.push({ text: `{ docs.at(${at});`, place: `${file}:${first}` });
    depth++;
    for (let i = 0; i < lines.length; i++) {
      const place = `${file}:${first + i}`;
      let text = lines[i]!;
      if (/^import \{[^}]*$/.test(text)) while (!text.endsWith(';') && i + 1 < lines.length) text += lines[++i]!;
      if (!imports.take({ text, place })) body.push({ text, place });
    }
  };
  const given = givenOf(page);
  if (given !== undefined)
    open(
      readFileSync(given, 'utf8')
        .split('\n')
        .map((line) => line.replace(/^export /, '')),
      1,
      relative(root, given),
      0,
    );
  for (const block of page.blocks.filter(wanted)) open(statements(block, runs), block.line, page.path, block.line);
  const end = { text: '}'.repeat(depth), place: page.path };
  const all = [
    ...imports.all(),
    { text: 'export async function page(docs: import("./docs").Docs): Promise<void> {', place: page.path },
    ...body,
    end,
    { text: '}', place: page.path },
  ];
  return { code: `${all.map(({ text }) => text).join('\n')}\n`, place: (line) => all[line - 1]?.place ?? page.path };
}
