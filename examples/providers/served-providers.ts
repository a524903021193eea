import { Folder } from './folder.js';
import type { ServedProvider } from './provider-host.js';
import { ReadFailure } from './read-failure.js';
import { Trajectory } from './trajectory.js';

const PATH = { type: 'string', description: 'Relative to the folder; a leading slash is the folder itself.' };

/** `filesystem`: what is in a folder, or below it by a pattern. `files`: the bytes of one file. */
export async function folderProviders(path: string, name: string): Promise<ServedProvider[]> {
  const folder = await Folder.open(path);
  return [
    {
      category: 'filesystem',
      name,
      contentType: 'application/json',
      schema: { type: 'object', properties: { path: PATH, glob: { type: 'string' } } },
      read: async ({ path: wanted = '/', glob }) =>
        Buffer.from(JSON.stringify(glob === undefined ? await folder.list(wanted) : await folder.glob(wanted, glob))),
    },
    {
      category: 'files',
      name,
      contentType: 'application/octet-stream',
      schema: { type: 'object', properties: { path: PATH }, required: ['path'] },
      read: ({ path: wanted = '/' }) => folder.read(wanted),
    },
  ];
}

/** `frames`: the positions of one frame, see `Trajectory.positions`. */
export async function trajectoryProvider(path: string, name: string): Promise<ServedProvider> {
  const trajectory = await Trajectory.open(path);
  return {
    category: 'frames',
    name,
    contentType: 'application/octet-stream',
    schema: { type: 'object', properties: { frame: { type: 'integer', minimum: 0 } }, required: ['frame'] },
    read: async ({ frame = '' }) => {
      if (!/^\d+$/.test(frame)) throw new ReadFailure(422, 'No frame', `'${frame}' is no number of a frame.`);
      return trajectory.positions(Number(frame));
    },
    close: () => trajectory.close(),
  };
}
