/** Tables of Markdown as oxfmt writes them, and the places they have in a page: `<!-- made by npm run generate: NAME -->` ... `<!-- end -->`. */

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const END = '<!-- end -->';
const beginOf = (name: string): string => `<!-- made by npm run generate: ${name} -->`;
const PLACE = new RegExp(`${beginOf('(.+?)')}\\n[^]*?${END}`, 'g');

export function markdown({ head, rows }: Table): string {
  // a bar would end the cell
  const lines = [head, ...rows].map((cells) =>
    cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')),
  );
  const widths = head.map((_, column) => Math.max(3, ...lines.map((cells) => cells[column]!.length)));
  const [first, ...rest] = lines.map((cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

/** Names of the tables that a page has a place for. */
export const placesIn = (text: string): string[] => [...text.matchAll(PLACE)].map(([, name]) => name!);

/**
 * A page with its tables as they are now.
 * @throws Error for a place without a table
 */
export const withTables = (text: string, tables: Readonly<Record<string, () => Table>>, page: string): string =>
  text.replace(PLACE, (_, name: string) => {
    if (!Object.hasOwn(tables, name))
      throw new Error(`${page}: there is no table "${name}" (there are: ${Object.keys(tables).join(', ')})`);
    return `${beginOf(name)}\n\n${markdown(tables[name]!())}\n\n${END}`;
  });
