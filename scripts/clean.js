/** `npm run clean`: removes everything that a build writes, also what no longer has a source. */
import { readdirSync, rmSync } from 'node:fs';

const children = ['libs', 'examples'].flatMap((parent) =>
  readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${parent}/${name}`),
);
for (const folder of ['.', 'bench', ...children]) rmSync(`${folder}/dist`, { recursive: true, force: true });
