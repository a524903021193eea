import { posix, resolve } from 'node:path';

import { ServiceConfigError } from '../service-errors.js';

/** Something that a container sees as a folder or a file of its own. */
export interface Mount {
  /** `bind`: a path of this machine; `volume`: one that the engine keeps. */
  readonly kind: 'bind' | 'volume';
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

/** `./data:/data`, `/etc/app:/etc/app:ro` or `<volume>:/data`. @param folder where relative paths start. @throws ServiceConfigError. */
export function parseMount(text: string, folder: string): Mount {
  const [source = '', target = '', access = 'rw', ...rest] = text.split(':');
  const isPath = /^[./]/.test(source);
  const isGood = rest.length === 0 && posix.isAbsolute(target) && ['ro', 'rw'].includes(access) && (isPath || /^\w[\w.-]*$/.test(source));
  if (!isGood)
    throw new ServiceConfigError(
      `${JSON.stringify(text)} is not a mount: write it as ./data:/data, /etc/app:/etc/app:ro or a-volume:/data.`,
    );
  return { kind: isPath ? 'bind' : 'volume', source: isPath ? resolve(folder, source) : source, target, isReadOnly: access === 'ro' };
}
