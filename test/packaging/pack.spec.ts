import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { declaredDependencies, installPacked, libraries } from './packed-libraries.js';
import type { InstalledLibrary } from './packed-libraries.js';

const TSC = join(process.cwd(), 'node_modules/typescript/bin/tsc');
const NAMES = libraries().map(({ manifest }) => manifest.name);

/** What a consumer may import: `@joblib/x`, `@joblib/x/testing`. */
function entryPoints({ manifest }: InstalledLibrary): string[] {
  const subpaths = Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith('.json'));
  return subpaths.map((subpath) => manifest.name + subpath.slice(1));
}

/** Packages imported by what was packed, code and types alike: `@nestjs/common`, `ajv`; also one of several that is chosen when it runs. */
function importedPackages({ installedFolder, files }: InstalledLibrary): string[] {
  const code = files.filter((file) => /\.(js|d\.ts)$/.test(file));
  const specifiers = code.flatMap((file) => {
    const text = readFileSync(join(installedFolder, file), 'utf8');
    return [...ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName), ...requiredIn(text)];
  });
  // Not every Node knows every module of its own.
  const bare = specifiers.filter((specifier) => !/^(\.|node:)/.test(specifier) && !isBuiltin(specifier));
  return [...new Set(bare.map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')))].sort();
}

/** Every text in the argument of a `require`. */
function requiredIn(text: string): string[] {
  if (!text.includes('require(')) return [];
  const required: string[] = [];
  const visit = (node: ts.Node, isArgument: boolean): void => {
    if (isArgument && ts.isStringLiteral(node)) required.push(node.text);
    const isRequire = ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'require';
    node.forEachChild((child) => visit(child, isArgument || isRequire));
  };
  visit(ts.createSourceFile('packed.js', text, ts.ScriptTarget.Latest), false);
  return required;
}

describe('packed libraries', () => {
  let host: string;
  let installed: Map<string, InstalledLibrary>;

  beforeAll(() => {
    host = mkdtempSync(join(tmpdir(), 'joblib-host-'));
    writeFileSync(join(host, 'package.json'), JSON.stringify({ name: 'host', private: true, type: 'module' }));
    installed = new Map(installPacked(host).map((packed) => [packed.manifest.name, packed]));
  });

  afterAll(() => rmSync(host, { recursive: true, force: true }));

  function library(name: string): InstalledLibrary {
    const found = installed.get(name);
    if (found === undefined) throw new Error(`${name} was not packed.`);
    return found;
  }

  it('are all packages in libs/', () => {
    expect(NAMES).toEqual(expect.arrayContaining(['@joblib/cli', '@joblib/client', '@joblib/contract', '@joblib/nestjs']));
    expect([...installed.keys()]).toEqual(NAMES);
  });

  describe.each(NAMES)('%s', (name) => {
    it('has a README and a licence', () => {
      expect(library(name).files).toEqual(
        expect.arrayContaining(['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
      );
    });

    it('has no sources, tests or build state', () => {
      expect(
        library(name).files.filter((file) => !/^(README\.md|LICENSE|package\.json|bin\/\w+\.js|dist\/.+\.(js|d\.ts)(\.map)?)$/.test(file)),
      ).toEqual([]);
      expect(library(name).files.filter((file) => /\.(spec|fixture)\./.test(file))).toEqual([]);
    });

    it('has nothing whose source is gone (`npm run clean` helps)', () => {
      const { folder, files } = library(name);
      const sources = files
        .filter((file) => file.startsWith('dist/'))
        .map((file) => file.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'));
      expect([...new Set(sources)].filter((source) => !existsSync(join(folder, source)))).toEqual([]);
    });

    it('declares every package that it imports', () => {
      const undeclared = importedPackages(library(name)).filter(
        (imported) => imported !== name && !declaredDependencies(library(name)).includes(imported),
      );
      expect(undeclared).toEqual([]);
    });

    it('imports every dependency that it makes a host install', () => {
      const imported = importedPackages(library(name));
      const unused = Object.keys(library(name).manifest.dependencies ?? {}).filter((dependency) => !imported.includes(dependency));
      expect(unused).toEqual([]);
    });

    it('can be imported by node at every entry point', () => {
      const script = entryPoints(library(name)).map((entry) => `console.log(Object.keys(await import('${entry}')).length > 0);`);
      const answer = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script.join('\n')], {
        cwd: host,
        encoding: 'utf8',
      });
      expect(answer.trim().split('\n')).toEqual(entryPoints(library(name)).map(() => 'true'));
    });
  });

  it('leave the drivers of databases to the host, which needs one of them', () => {
    const { peerDependencies, peerDependenciesMeta } = library('@joblib/nestjs').manifest;
    expect(peerDependencies).toMatchObject({ '@photostructure/sqlite': expect.any(String), pg: expect.any(String) });
    expect(peerDependenciesMeta).toEqual({ '@photostructure/sqlite': { optional: true }, pg: { optional: true } });
  });

  it('type-check in a strict NodeNext project, declarations included', () => {
    const imports = [...installed.values()]
      .flatMap(entryPoints)
      .map((entry, index) => `import * as entry${index} from '${entry}';\nexport { entry${index} };`);
    const consumer = [
      ...imports,
      "import { PROBLEMS } from '@joblib/contract';",
      "import type { TaskStatus } from '@joblib/contract';",
      "import type { Identity, JoblibSettings } from '@joblib/nestjs';",
      "export const status: TaskStatus = 'pending';",
      'export const seconds = (settings: JoblibSettings): number => settings.workerTimeoutSeconds;',
      'export const code: number = PROBLEMS.JobNotFound.status;',
      'export const identity: Identity = { authenticate: () => Promise.resolve({ id: status, isSuperuser: false }) };',
      '// @ts-expect-error no such status: the types are not `any`',
      "export const wrong: TaskStatus = 'done';",
    ];
    writeFileSync(join(host, 'consumer.ts'), consumer.join('\n'));
    const options = {
      module: 'NodeNext',
      target: 'ES2023',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
      experimentalDecorators: true,
    };
    writeFileSync(join(host, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }));
    const { stdout } = spawnSync(process.execPath, [TSC, '-p', host, '--pretty', 'false', '--listFiles'], { cwd: host, encoding: 'utf8' });
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.endsWith('/node_modules/@joblib/nestjs/dist/index.d.ts'))).toHaveLength(1);
    // Declarations of other people's packages are theirs to mend.
    expect(lines.filter((line) => /^(consumer\.ts|node_modules\/@joblib\/.*)\(\d+,\d+\): error|^error /.test(line))).toEqual([]);
  });
});
