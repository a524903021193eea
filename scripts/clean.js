/** `npm run clean`: removes everything that a build writes, also what no longer has a source. */
import { existsSync, readdirSync, rmSync } from 'node:fs';

const parents = ['libs', 'examples'].filter((folder) => existsSync(folder));
const children = parents.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
for (const folder of ['.', 'bench', ...children]) rmSync(`${folder}/dist`, { recursive: true, force: true });
