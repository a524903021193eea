import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import ts from 'typescript';

const SOURCE = join(process.cwd(), 'libs/client/src');

/** What the compiler says of these files where there is a browser's library and nothing of Node's. */
function complaintsInABrowser(files: readonly string[]): string[] {
  const program = ts.createProgram(
    files.map((file) => join(SOURCE, file)),
    {
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: [],
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
      noEmit: true,
    },
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

describe('@joblib/client', () => {
  it('compiles for browsers: it uses nothing of Node', () => {
    expect(complaintsInABrowser(['index.ts', 'testing/index.ts'])).toEqual([]);
  });

  it('is told when it uses something of Node', () => {
    const complaints = complaintsInABrowser(['index.ts', '../../../test/client/service/joblib-service.ts']);
    expect(complaints.join('\n')).toContain("Cannot find name 'process'");
  });
});
