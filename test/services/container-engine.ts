import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

const { env } = process;

/** The socket of the first engine that answers; `DOCKER_HOST` names another than the usual ones. */
export async function findEngine(): Promise<string | null> {
  const named = /^unix:\/\/(.+)$/.exec(env['DOCKER_HOST'] ?? '')?.[1];
  const usual = ['/var/run/docker.sock', join(env['XDG_RUNTIME_DIR'] ?? '/run/user/0', 'podman/podman.sock'), '/run/podman/podman.sock'];
  for (const path of named === undefined ? usual : [named]) if (existsSync(path) && (await answers(path))) return path;
  return null;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ socketPath: path, path: '/_ping', timeout: 2000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false));
    call.end();
  });
}
