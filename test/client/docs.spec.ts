import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const ROOT = process.cwd();
const PAGES = ['docs/workers.md', 'docs/extensions.md', 'docs/providers-client.md', 'docs/resilience.md', 'libs/client/README.md'];

/** TypeScript of a page, block by block. */
function blocksOf(page: string): string[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? '');
}

/** A file that is not there, with what it says, where a page's blocks find the packages of the repository. */
function virtualFiles(): Map<string, string> {
  const named = PAGES.flatMap((page) =>
    blocksOf(page).map((code, index): [string, string] => [
      join(ROOT, 'test/client', `${page.replaceAll(/\W/g, '-')}-${index + 1}.ts`),
      code,
    ]),
  );
  return new Map(named);
}

/** What the compiler has to say of each block, as somebody has it who copies it into a strict project. */
function complaints(files: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
  host.readFile = (path) => files.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, language, ...rest) => {
    const code = files.get(path);
    return code === undefined ? getSourceFile.call(host, path, language, ...rest) : ts.createSourceFile(path, code, language, true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? '' : ts.getLineAndCharacterOfPosition(file, start ?? 0).line + 1;
    return `${file?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

describe('code in the pages about the client', () => {
  it('is on every page, and compiles as it is', () => {
    expect(PAGES.filter((page) => blocksOf(page).length === 0)).toEqual([]);
    expect(complaints(virtualFiles())).toEqual([]);
  });

  it('would not compile if it were wrong', () => {
    const wrong = [...virtualFiles()]
      .slice(0, 1)
      .map(([path, code]): [string, string] => [path, code.replace('payload.numbers', 'payload.number')]);
    expect(complaints(new Map(wrong)).join('\n')).toContain("Property 'number' does not exist");
  });

  it('has the whole example as it is', () => {
    expect(blocksOf('docs/workers.md')[0]).toBe(readFileSync(join(ROOT, 'examples/worker-ts/worker.ts'), 'utf8'));
  });

  it('that tests a worker passes when it is run', () => {
    const [code = ''] = blocksOf('docs/resilience.md').filter((block) => block.includes('@joblib/client/testing'));
    const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext } });
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', outputText], {
      cwd: join(ROOT, 'libs/client'),
      encoding: 'utf8',
      timeout: 120_000,
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('names only options that there are, with their defaults', () => {
    const source = readFileSync(join(ROOT, 'libs/client/src/options.ts'), 'utf8');
    const table = /## Options\n\n([\s\S]*?)\n\n/.exec(readFileSync(join(ROOT, 'docs/workers.md'), 'utf8'))?.[1] ?? '';
    const rows = table
      .split('\n')
      .slice(2)
      .map((row) => row.split('|').map((cell) => cell.trim()));
    const named = rows.flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''));
    const declared = /interface JobManagerOptions \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? '';
    expect(named.toSorted()).toEqual([...declared.matchAll(/readonly (\w+)\??:/g)].map((match) => match[1]).toSorted());
    for (const [, name = '', value = ''] of rows) {
      if (/^\d+$/.test(value)) expect(source).toContain(`${name.replaceAll('`', '')}: ${value},`);
    }
  });

  it('links only to pages that are there', () => {
    const targets = PAGES.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, target = '']) =>
        join(ROOT, dirname(page), target),
      ),
    );
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });
});
