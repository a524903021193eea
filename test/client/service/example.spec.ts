import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';

import { JoblibService, Program } from './joblib-service.js';

const WORKER = fileURLToPath(new URL('../../../examples/worker-ts/dist/worker.js', import.meta.url));

let service: JoblibService;

beforeAll(async () => {
  service = await JoblibService.start();
});
afterAll(() => service.close());

describe('examples/worker-ts', () => {
  it('does what its page says, and takes its leave at Ctrl-C', async () => {
    const user = service.manager({ token: service.user });
    const program = new Program(WORKER, service.url, service.user);
    const task = await registered(() => user.submit('lab:modifiers:Scale', { numbers: [1, 2, 3] }, { room: 'lab' }));
    expect(await user.waitFor(task.id)).toMatchObject({ status: 'completed', result: [2, 4, 6] });
    expect([await program.end('SIGINT'), program.output]).toEqual([0, '']);
    expect(await user.api.listWorkers('lab')).toMatchObject({ total: 0 });
  });
});

/** Asks until the job is there. */
async function registered<T>(submit: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await submit().catch(() => null);
    if (answer !== null) return answer;
  }
}
