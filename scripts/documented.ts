/**
 * What the interfaces of options say of each option, as editors show it: read by the compiler. TypeScript 7 is no library; this is the TypeScript 6 that api-extractor brings.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type * as TypeScript from 'typescript';

export interface Option {
  readonly name: string;
  readonly optional: boolean;
  /** without tags, in one line */
  readonly text: string;
  /** of `@defaultValue` */
  readonly otherwise: string | undefined;
  /** the options inside it, of an object */
  readonly inside: readonly Option[];
}

/** A default in the code: `const { fraction = 0.5 } = options`, `options.fraction ?? 0.5`. */
export interface CodeDefault {
  /** `ByInterventionOptions.fraction` */
  readonly option: string;
  /** its text; the value of a constant */
  readonly value: string;
  /** `src/a.ts:12` */
  readonly at: string;
}

export interface Documented {
  /** @throws Error for an interface that is none here */
  optionsOf(name: string): readonly Option[];
  /** names of the interfaces that a schema is held to: `satisfies ShapeOf<Name>`, `modelFormat<Id, Name>` */
  readonly withSchema: readonly string[];
  /** the interfaces of options that a user meets: exported by name, or those of matchers, gates and formats */
  readonly all: readonly string[];
  readonly defaults: readonly CodeDefault[];
}

const ROOMS = ['src', 'generators', 'search', 'matchers', 'suites', 'reports'];
const isOptions = (name: string): boolean => /(Options|Constraints|Limits|Budget|Config|Gate)$/.test(name);

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.as.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));
}

/** A program of this repository's files alone: types of packages are nobody's options here, and take the most time. */
function programOf(ts: typeof TypeScript, root: string): TypeScript.Program {
  const options: TypeScript.CompilerOptions = { strict: true, target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'], types: [], noEmit: true };
  const host = ts.createCompilerHost(options, true);
  host.resolveModuleNameLiterals = (names, from) =>
    names.map(({ text }) => {
      const path = resolve(dirname(from), text.replace(/\.js$/, '.ts'));
      const found = text.startsWith('.') && existsSync(path);
      return { resolvedModule: found ? { resolvedFileName: path, extension: ts.Extension.Ts } : undefined };
    });
  return ts.createProgram([join(root, 'index.ts'), ...ROOMS.flatMap((room) => filesIn(join(root, room)))], options, host);
}

const oneLine = (text: string): string =>
  text
    .replace(/\\([{}@])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();

export function documented(root: string): Documented {
  const require = createRequire(join(root, 'package.json'));
  const ts = createRequire(require.resolve('@microsoft/api-extractor'))('typescript') as typeof TypeScript;
  const program = programOf(ts, root);
  const checker = program.getTypeChecker();
  const interfaces = new Map<string, TypeScript.InterfaceDeclaration>();
  const withSchema = new Set<string>();
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(root) && !fileName.includes('node_modules'));

  const said = (symbol: TypeScript.Symbol): { text: string; otherwise: string | undefined } => {
    // of a merged option each format's own words, once
    const declared = (symbol.declarations ?? []).map((declaration) => {
      const docs = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc).at(-1);
      const tag = docs?.tags?.find((one) => one.tagName.text === 'defaultValue');
      return {
        text: oneLine(ts.getTextOfJSDocComment(docs?.comment) ?? ''),
        otherwise: tag && oneLine(ts.getTextOfJSDocComment(tag.comment) ?? ''),
      };
    });
    const each = <T>(values: readonly T[]): T[] => [...new Set(values)];
    return {
      text: each(declared.map(({ text }) => text)).join('; '),
      otherwise: declared.find(({ otherwise }) => otherwise !== undefined)?.otherwise,
    };
  };

  const optionsIn = (type: TypeScript.Type, depth = 0): Option[] =>
    checker.getPropertiesOfType(type).map((symbol) => {
      const inner = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
      const name = inner.aliasSymbol?.name ?? inner.symbol?.name ?? '';
      const plain = depth < 3 && (isOptions(name) || name === '__type' || inner.aliasSymbol?.name === 'Omit') && inner.getCallSignatures().length === 0 && !checker.isArrayType(inner);
      return {
        name: symbol.name,
        optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
        ...said(symbol),
        inside: plain ? optionsIn(inner, depth + 1) : [],
      };
    });

  for (const file of own)
    ts.forEachChild(file, (node) => {
      if (ts.isInterfaceDeclaration(node) && isOptions(node.name.text)) interfaces.set(node.name.text, node);
    });

  const defaults: CodeDefault[] = [];
  const ownerOf = (symbol: TypeScript.Symbol | undefined): string | undefined => {
    const parent = symbol?.declarations?.[0]?.parent;
    return parent && ts.isInterfaceDeclaration(parent) && interfaces.has(parent.name.text) ? parent.name.text : undefined;
  };
  const valueOf = (node: TypeScript.Expression): string => {
    const type = checker.getTypeAtLocation(node);
    if (type.isStringLiteral()) return `'${type.value}'`;
    if (type.isNumberLiteral()) return String(type.value);
    return node.getText();
  };
  const note = (symbol: TypeScript.Symbol | undefined, value: TypeScript.Expression): void => {
    const owner = ownerOf(symbol);
    if (owner === undefined) return;
    const file = value.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(value.getStart());
    defaults.push({ option: `${owner}.${symbol!.name}`, value: valueOf(value), at: `${file.fileName.slice(root.length + 1)}:${line + 1}` });
  };
  const visit = (node: TypeScript.Node): void => {
    if (ts.isBindingElement(node) && node.initializer && ts.isObjectBindingPattern(node.parent)) {
      const key = (node.propertyName ?? node.name).getText();
      note(checker.getTypeAtLocation(node.parent).getProperty(key), node.initializer);
    }
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken && ts.isPropertyAccessExpression(node.left))
      note(checker.getSymbolAtLocation(node.left.name), node.right);
    if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'ShapeOf' && node.typeArguments) {
      const [of] = node.typeArguments;
      if (of && ts.isTypeReferenceNode(of)) withSchema.add(of.typeName.getText());
    }
    ts.forEachChild(node, visit);
  };
  for (const file of own) visit(file);

  return {
    optionsOf(name) {
      const found = interfaces.get(name);
      if (!found) throw new Error(`there is no interface of options called ${name}`);
      return optionsIn(checker.getTypeAtLocation(found));
    },
    withSchema: [...withSchema].filter((name) => interfaces.has(name)),
    all: [...interfaces.keys()],
    defaults,
  };
}
