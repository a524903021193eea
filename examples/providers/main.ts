import { basename, extname } from 'node:path';
import { parseArgs } from 'node:util';

import { ProviderHost } from './provider-host.js';
import { folderProviders, trajectoryProvider } from './served-providers.js';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: process.env['JOBLIB_URL'] ?? 'http://127.0.0.1:8000' },
    token: { type: 'string', default: process.env['JOBLIB_TOKEN'] ?? '' },
    room: { type: 'string', default: 'lab' },
    folder: { type: 'string' },
    trajectory: { type: 'string' },
  },
});

const providers = [
  ...(values.folder === undefined ? [] : await folderProviders(values.folder, 'local')),
  ...(values.trajectory === undefined
    ? []
    : [await trajectoryProvider(values.trajectory, basename(values.trajectory, extname(values.trajectory)))]),
];
if (providers.length === 0) throw new Error('Give --folder, --trajectory or both.');

const host = await ProviderHost.start({ url: values.url, token: values.token }, values.room, providers);
console.log(`serving ${providers.map(({ category, name }) => `${values.room}:${category}:${name}`).join(', ')}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void host.close().then(() => process.exit(0)));
