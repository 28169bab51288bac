// Whether the links of all pages lead somewhere: to a file or folder that is there, and to a heading that the page has. Pages of the npm package link to
// nothing that it lacks. Links to the web are not followed.
//   npm run links
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Installed, made by a program, or made up for a test. */
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'reference', 'congruity-report', 'api', 'tests']);

const pagesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) || entry.name.startsWith('.') ? [] : pagesIn(path);
    return entry.name.endsWith('.md') && !entry.name.endsWith('.template.md') ? [path] : [];
  });

/** The page without its blocks of code, line for line. */
function prose(path) {
  let fence;
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => {
      const [, mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
      const inside = fence !== undefined;
      if (mark && !inside) fence = mark;
      else if (mark && mark.startsWith(fence)) fence = undefined;
      return mark || inside ? '' : line;
    });
}

/** What a link can name on a page after `#`: its headings as GitHub writes them, and anchors of its own. */
function anchorsOf(path) {
  const slugger = new GithubSlugger();
  return new Set(
    prose(path).flatMap((line) => {
      const [, heading] = /^#{1,6}\s+(.+?)\s*#*$/.exec(line) ?? [];
      const text = heading?.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/<[^>]+>|[`*]/g, '');
      const own = [...line.matchAll(/<[^>]*\b(?:id|name)="([^"]+)"/g)].map(([, id]) => id);
      return text === undefined ? own : [slugger.slug(text), ...own];
    }),
  );
}

const LINK =
  /\]\(\s*<?([^)\s>]+)>?(?:\s+["'][^)]*)?\)|^\s*\[[^\]]+\]:\s*(\S+)|<(?:a|img)\b[^>]*\b(?:href|src)="([^"]+)"/g;
// npm adds these by itself
const FILES = [
  'README.md',
  'LICENSE',
  'package.json',
  ...JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).files,
];
const shipped = (path) => FILES.some((one) => path === one || path.startsWith(`${one.replace(/\/\*.*$/, '')}/`));
const wrong = [];
let links = 0;
const pages = pagesIn(root);
for (const page of pages) {
  prose(page).forEach((line, at) => {
    for (const [, ...targets] of line.replace(/`[^`]*`/g, '').matchAll(LINK)) {
      const target = targets.find((one) => one !== undefined);
      if (/^[a-z][a-z+.-]*:/i.test(target)) continue;
      links++;
      const [file, anchor] = target.split('#').map(decodeURIComponent);
      const to = file === '' ? page : join(dirname(page), file);
      const place = `${relative(root, page)}:${at + 1}: ${target}`;
      if (!existsSync(to)) wrong.push(`${place}: no such file`);
      else if (shipped(relative(root, page)) && !shipped(relative(root, to)))
        wrong.push(`${place}: not in the npm package, as the page is: name the path, in backticks`);
      else if (anchor && statSync(to).isFile() && to.endsWith('.md') && !anchorsOf(to).has(anchor))
        wrong.push(`${place}: the page has no such heading`);
    }
  });
}
console.log(wrong.length > 0 ? wrong.join('\n') : `${links} links of ${pages.length} pages lead somewhere`);
process.exit(wrong.length > 0 ? 1 : 0);
