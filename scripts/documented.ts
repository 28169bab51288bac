/**
 * What the interfaces of options say of each option, as editors show it: read by the compiler. TypeScript 7 is no library; this is the TypeScript 6 that api-extractor brings.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type * as TypeScript from '../node_modules/@microsoft/api-extractor/node_modules/typescript/lib/typescript.js';

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

/** A default in the code: `z.int().default(400)`, `const { fraction = 0.5 } = options`, `options.fraction ?? 0.5`. */
export interface CodeDefault {
  /** the option as the user meets it, and where the code is: `CompareOptions.inputs at src/a.ts:12` */
  readonly option: string;
  /** as a literal; undefined if it is computed */
  readonly value: string | undefined;
  /** of `@defaultValue` */
  readonly said: string | undefined;
}

export interface Documented {
  /** @throws Error for an interface that is none here */
  optionsOf(name: string): readonly Option[];
  /** the interfaces of options that a user meets: what an entry exports, what a matcher takes, and what a schema is held to (`satisfies ShapeOf<Name>`) */
  readonly public: readonly string[];
  /** what the entries export without a word on what it is: `index.ts: compare` */
  readonly undocumented: readonly string[];
  /** the defaults of their options in the code */
  readonly defaults: readonly CodeDefault[];
}

const ROOMS = ['src', 'generators', 'search', 'matchers', 'suites', 'reports'];
const ENTRIES = [
  'index.ts',
  'generators/index.ts',
  'search/index.ts',
  'matchers/index.ts',
  'suites/index.ts',
  'reports/reporter.ts',
];
const isOptions = (name: string): boolean => /((Options|Constraints|Limits|Budget)|^Gate(Config)?)$/.test(name);

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.as.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name));
}

/** A program of this repository's files alone: types of packages are nobody's options here, and take the most time. */
function programOf(ts: typeof TypeScript, root: string): TypeScript.Program {
  const options: TypeScript.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    types: [],
    noEmit: true,
  };
  const host = ts.createCompilerHost(options, true);
  host.resolveModuleNameLiterals = (names, from) =>
    names.map(({ text }) => {
      const path = resolve(dirname(from), text.replace(/\.js$/, '.ts'));
      const found = text.startsWith('.') && existsSync(path);
      return { resolvedModule: found ? { resolvedFileName: path, extension: ts.Extension.Ts } : undefined };
    });
  return ts.createProgram(
    [join(root, 'index.ts'), ...ROOMS.flatMap((room) => filesIn(join(root, room)))],
    options,
    host,
  );
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
  const interfaces: TypeScript.InterfaceDeclaration[] = [];
  const own = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(root) && !fileName.includes('node_modules'));

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
      const plain =
        depth < 3 &&
        (isOptions(name) || name === '__type' || inner.aliasSymbol?.name === 'Omit') &&
        inner.getCallSignatures().length === 0 &&
        !checker.isArrayType(inner);
      return {
        name: symbol.name,
        optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
        ...said(symbol),
        inside: plain ? optionsIn(inner, depth + 1) : [],
      };
    });

  for (const file of own)
    ts.forEachChild(file, (node) => {
      if (ts.isInterfaceDeclaration(node) && isOptions(node.name.text)) interfaces.push(node);
    });

  const shown = new Set<TypeScript.Symbol>();
  const meets = (symbol: TypeScript.Symbol): void => {
    if (shown.has(symbol)) return;
    shown.add(symbol);
    for (const declaration of symbol.declarations ?? [])
      if (ts.isInterfaceDeclaration(declaration))
        for (const type of declaration.heritageClauses?.flatMap(({ types }) => types) ?? []) {
          const base = checker.getTypeAtLocation(type).symbol;
          if (base) meets(base);
        }
  };
  const undocumented: string[] = [];
  for (const entry of ENTRIES)
    for (const one of checker.getExportsOfModule(
      checker.getSymbolAtLocation(program.getSourceFile(join(root, entry))!)!,
    )) {
      const meant = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
      meets(meant);
      const declared = meant.declarations ?? [];
      if (!declared.some((each) => ts.getJSDocCommentsAndTags(each).some((doc) => ts.isJSDoc(doc) && doc.comment)))
        undocumented.push(`${entry}: ${one.name}`);
    }

  /** Interfaces with the expressions that are held to them, and defaults with the option they are of. */
  const held: { readonly of: TypeScript.Type; readonly shape: TypeScript.Expression }[] = [];
  const found: { readonly option: TypeScript.Symbol | undefined; readonly value: TypeScript.Expression }[] = [];
  const visit = (node: TypeScript.Node): void => {
    if (ts.isBindingElement(node) && node.initializer && ts.isObjectBindingPattern(node.parent)) {
      const key = (node.propertyName ?? node.name).getText();
      found.push({ option: checker.getTypeAtLocation(node.parent).getProperty(key), value: node.initializer });
    } else if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken &&
      ts.isPropertyAccessExpression(node.left)
    )
      found.push({ option: checker.getSymbolAtLocation(node.left.name), value: node.right });
    else if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'Matcher') {
      const options = node.typeArguments?.[1] && checker.getTypeAtLocation(node.typeArguments[1]).symbol;
      if (options) meets(options);
    } else if (
      ts.isSatisfiesExpression(node) &&
      ts.isTypeReferenceNode(node.type) &&
      node.type.typeName.getText() === 'ShapeOf'
    )
      held.push({ of: checker.getTypeAtLocation(node.type.typeArguments![0]!), shape: node.expression });
    ts.forEachChild(node, visit);
  };
  for (const file of own) visit(file);
  for (const { of, shape } of held) {
    if (of.symbol) meets(of.symbol);
    if (!ts.isObjectLiteralExpression(shape)) continue;
    for (const property of shape.properties) {
      if (!ts.isPropertyAssignment(property)) continue;
      const value = defaultIn(ts, property.initializer);
      if (value) found.push({ option: of.getProperty(property.name.getText()), value });
    }
  }

  const literal = (node: TypeScript.Expression): string | undefined => {
    if (ts.isArrayLiteralExpression(node)) {
      const each = node.elements.map(literal);
      return each.includes(undefined) ? undefined : `[${each.join(', ')}]`;
    }
    if (ts.isObjectLiteralExpression(node)) {
      const each = node.properties.map((one) =>
        ts.isPropertyAssignment(one) && literal(one.initializer) !== undefined
          ? `${one.name.getText()}: ${literal(one.initializer)}`
          : undefined,
      );
      return each.includes(undefined) ? undefined : each.length === 0 ? '{}' : `{ ${each.join(', ')} }`;
    }
    const constant = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node)?.valueDeclaration : undefined;
    if (
      constant &&
      ts.isVariableDeclaration(constant) &&
      constant.initializer &&
      constant.parent.flags & ts.NodeFlags.Const
    )
      return literal(constant.initializer);
    const type = checker.getTypeAtLocation(node);
    if (type.isStringLiteral()) return `'${type.value}'`;
    if (type.isNumberLiteral()) return String(type.value);
    return /^(true|false|Infinity)$/.test(node.getText()) ? node.getText() : undefined;
  };
  const defaults = found.flatMap(({ option, value }): CodeDefault[] => {
    const owner = option?.declarations?.[0]?.parent;
    if (!owner || !ts.isInterfaceDeclaration(owner) || !isOptions(owner.name.text)) return [];
    if (!shown.has(checker.getTypeAtLocation(owner).symbol)) return [];
    const file = value.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(value.getStart());
    return [
      {
        option: `${owner.name.text}.${option!.name} at ${file.fileName.slice(root.length + 1)}:${line + 1}`,
        value: literal(value),
        said: said(option!).otherwise,
      },
    ];
  });

  const met = interfaces.filter((one) => shown.has(checker.getTypeAtLocation(one).symbol));
  return {
    optionsOf(name) {
      const [one, other] = met.filter((each) => each.name.text === name);
      if (!one || other)
        throw new Error(`there ${one ? 'are several interfaces' : 'is no interface'} of options called ${name}`);
      return optionsIn(checker.getTypeAtLocation(one));
    },
    public: met.map(({ name }) => name.text),
    undocumented,
    defaults,
  };
}

/** What `.default(...)` of a schema is given. */
function defaultIn(ts: typeof TypeScript, schema: TypeScript.Expression): TypeScript.Expression | undefined {
  for (
    let at = schema;
    ts.isCallExpression(at) && ts.isPropertyAccessExpression(at.expression);
    at = at.expression.expression
  )
    if (at.expression.name.text === 'default') return at.arguments[0];
  return undefined;
}
