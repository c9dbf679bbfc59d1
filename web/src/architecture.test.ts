// Holds the shape of the program: no circle of files, so that each can be read, tested and loaded without the ones that
// use it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Every relative import of a source text: static or dynamic, of values, of types, or for its effect alone. */
const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*'(\.{1,2}(?:\/[^'?]*)?)'/g;

/** Path → source text, by path relative to `src`. */
type SourceFiles = ReadonlyMap<string, string>;

function readSources(root: string): SourceFiles {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll('\\', '/'));
  const sources = paths.filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts'));
  return new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

function resolveImport(path: string, specifier: string, files: SourceFiles): string | undefined {
  const target = normalize(join(dirname(path), specifier));
  return ['', '.ts', '.tsx', '/index.ts'].map((ending) => target + ending).find((name) => files.has(name));
}

/** The files that a file imports; what is no source file of ours, such as a stylesheet, is left out. */
function importsOf(path: string, files: SourceFiles): string[] {
  return [...files.get(path)!.matchAll(RELATIVE_IMPORT)].flatMap(([, specifier]) => resolveImport(path, specifier!, files) ?? []);
}

/**
 * Groups of files that reach each other: the strongly connected components of more than one file, after Tarjan 1972.
 */
function findCircles(files: SourceFiles): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (path: string) => {
    order.set(path, order.size);
    lowest.set(path, order.get(path)!);
    stack.push(path);
    const imports = importsOf(path, files);
    for (const next of imports) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(next)!));
    }
    if (lowest.get(path) !== order.get(path)) return;
    const circle = stack.splice(stack.indexOf(path)).sort();
    if (circle.length > 1 || imports.includes(path)) circles.push(circle);
  };
  for (const path of files.keys()) if (!order.has(path)) visit(path);
  return circles;
}

const ROOT = import.meta.dirname;

describe('the files of the program', () => {
  const files = readSources(ROOT);

  test('import each other without a circle', () => expect(findCircles(files)).toEqual([]));

  test('are all read', () => {
    expect(files.size).toBeGreaterThan(100);
    expect(importsOf('main.tsx', files)).toEqual(expect.arrayContaining(['state.ts', 'state/session.ts', 'ui/Page.tsx', 'changeFeed.ts']));
    expect(importsOf('state/editor.ts', files)).toContain('edit/index.ts');
  });

  test('have no import that leads nowhere', () => {
    const lost = [...files].flatMap(([path, text]) => {
      const specifiers = [...text.matchAll(RELATIVE_IMPORT)].map(([, specifier]) => specifier!);
      return specifiers.filter((one) => !resolveImport(path, one, files) && !existsSync(join(ROOT, dirname(path), one))).map((one) => `${path}: ${one}`);
    });
    expect(lost).toEqual([]);
  });
});

describe('a planted circle is found', () => {
  const circlesOf = (files: Record<string, string>) => findCircles(new Map(Object.entries(files)));
  const A_AND_B = [['a.ts', 'b.tsx']];

  test.each([
    ['of values', "import { b } from './b';"],
    ['of types', "import type { B } from './b';"],
    ['of exports', "export { b } from './b';"],
    ['by effect', "import './b';"],
    ['by a dynamic import', "const b = () => import('./b').then((part) => part.b);"],
    ['by the type of a module', "type B = typeof import('./b');"],
    ['over several lines', "import {\n  one,\n  two,\n} from './b';"],
  ])('%s', (_, text) => expect(circlesOf({ 'a.ts': text, 'b.tsx': "import { a } from './a';" })).toEqual(A_AND_B));

  test('through the index of a folder and back up', () => {
    const files = { 'state.ts': "import { x } from './edit';", 'edit/index.ts': "import { y } from './y';", 'edit/y.ts': "import { state } from '../state';" };
    expect(circlesOf(files)).toEqual([['edit/index.ts', 'edit/y.ts', 'state.ts']]);
  });

  test('of one file with itself', () => expect(circlesOf({ 'a.ts': "import { a } from './a';" })).toEqual([['a.ts']]));

  test('beside another one, without the files that only lead to them', () => {
    const pair = (one: string, other: string) => ({ [`${one}.ts`]: `import './${other}';`, [`${other}.ts`]: `import './${one}';` });
    const circles = circlesOf({ 'main.ts': "import './a';\nimport './c';", ...pair('a', 'b'), ...pair('c', 'd'), 'd.ts': "import './c';\nimport './a';" });
    expect(circles.sort()).toEqual([
      ['a.ts', 'b.ts'],
      ['c.ts', 'd.ts'],
    ]);
  });

  test('and none where two files share a third', () => {
    expect(circlesOf({ 'a.ts': "import './b';\nimport './c';", 'b.ts': "import './d';", 'c.ts': "import './d';", 'd.ts': "import 'a';" })).toEqual([]);
  });
});
