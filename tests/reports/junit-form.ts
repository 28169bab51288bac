/** What Jenkins' junit-10.xsd (jenkinsci/xunit-plugin) allows, in our own words. Returns what breaks it; the text must be well formed, too. */
interface Rule {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
  readonly text?: boolean;
}

const message: Rule = { required: [], optional: ['type', 'message'], children: [], text: true };
const rules: Record<string, Rule> = {
  testsuites: { required: [], optional: ['name', 'time', 'tests', 'failures', 'errors'], children: ['testsuite'] },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
  },
  properties: { required: [], optional: [], children: ['property'] },
  property: { required: ['name', 'value'], optional: [], children: [] },
  testcase: {
    required: ['name'],
    optional: ['time', 'classname', 'group'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: message,
  error: message,
  skipped: message,
  'system-out': { required: [], optional: [], children: [], text: true },
  'system-err': { required: [], optional: [], children: [], text: true },
};

export interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
function plain(text: string, wrong: string[]): string {
  if (/[<>]/.test(text)) wrong.push(`a bare bracket in ${text.slice(0, 40)}`);
  return text.replace(/&([^;\s]*);?/g, (all, name: string) => {
    const found = name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : entities[name];
    if (found === undefined || !all.endsWith(';')) wrong.push(`an entity ${all}`);
    return found ?? '';
  });
}

export function parseJunit(xml: string): { root: Element; wrong: string[] } {
  const wrong: string[] = [];
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml))
    wrong.push('a character that XML does not allow');
  if (!xml.startsWith('<?xml version="1.0" encoding="UTF-8"?>')) wrong.push('no declaration');
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  for (const [, text = '', end, name, inner = '', empty] of xml
    .replace(/^<\?xml[^>]*\?>/, '')
    .matchAll(/([^<]*)(?:<(\/?)([\w-]+)((?:\s+[\w.-]+="[^"]*")*)\s*(\/?)>|$)/g)) {
    const here = open.at(-1)!;
    here.text += plain(text, wrong);
    if (name === undefined) continue;
    if (end) {
      if (open.pop()!.name !== name) wrong.push(`</${name}> closes <${here.name}>`);
      continue;
    }
    const attributes = Object.fromEntries(
      [...inner.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key, value]) => [key!, plain(value!, wrong)]),
    );
    const element: Element = { name, attributes, children: [], text: '' };
    here.children.push(element);
    if (!empty) open.push(element);
  }
  if (open.length !== 1 || top.children.length !== 1) wrong.push('not one whole element');
  const root = top.children[0] ?? top;
  if (root.name !== 'testsuites') wrong.push(`the root is ${root.name}`);
  hold(root, wrong);
  return { root, wrong };
}

function hold(element: Element, wrong: string[]): void {
  const rule = rules[element.name];
  if (!rule) return void wrong.push(`an element ${element.name}`);
  const names = Object.keys(element.attributes);
  for (const name of rule.required) if (!names.includes(name)) wrong.push(`${element.name} without ${name}`);
  for (const name of names)
    if (![...rule.required, ...rule.optional].includes(name)) wrong.push(`${name} on ${element.name}`);
  if (
    element.name.startsWith('testsuite') &&
    !/^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?$/.test(element.attributes['time'] ?? '')
  )
    wrong.push(`time ${element.attributes['time']} on ${element.name}`);
  if (!rule.text && element.text.trim() !== '') wrong.push(`text in ${element.name}`);
  for (const child of element.children) {
    if (!rule.children.includes(child.name)) wrong.push(`${child.name} in ${element.name}`);
    hold(child, wrong);
  }
}

/** Every element of a name, in the order of the text. */
export const all = (element: Element, name: string): Element[] => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => all(child, name)),
];
