import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A folder with an application in it that may use our packages: `{ 'plugins/x.mjs': '…' }`. Removed by `remove`. */
export class TemporaryApplication {
  readonly folder = mkdtempSync(join(tmpdir(), 'joblib-plugins-'));
  readonly baseUrl = pathToFileURL(`${this.folder}/`).href;

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(join(this.folder, 'node_modules/@joblib'), { recursive: true });
    for (const name of ['plugins', 'contract']) {
      symlinkSync(join(process.cwd(), 'libs', name), join(this.folder, 'node_modules/@joblib', name));
    }
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The source of a class `export class <className>` that is a plugin; `members` come last, and replace what they name again. */
export function pluginSource(className: string, name: string, members = ''): string {
  return `
    import { PluginMetadata } from '@joblib/plugins';
    import { appendFileSync, existsSync } from 'node:fs';
    export class ${className} {
      metadata() { return new PluginMetadata({ name: '${name}', version: '1.2.3', author: 'an author', description: 'for tests', capabilities: ['x'] }); }
      process() {}
      ${members}
    }
  `;
}
