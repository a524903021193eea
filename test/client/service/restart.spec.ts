import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Progress } from '@joblib/contract';
import { SYSTEM_CLOCK, defineExtension } from '@joblib/client';
import type { ClientClock, JobManager, JobManagerOptions } from '@joblib/client';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';

import { aGate } from '../scene.js';
import { JoblibService } from './joblib-service.js';

const sockets: Socket[] = [];

let service: JoblibService;

beforeAll(async () => {
  service = await JoblibService.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await service.tidy();
});
afterAll(() => service.close());

/** A job with a gate in its middle. */
function gated() {
  const running = aGate<AbortSignal>();
  const gate = aGate();
  const Gated = defineExtension({
    name: 'Gated',
    async run({ signal, progress }) {
      running.open(signal);
      await gate.promise;
      await progress(0.9);
      return 'done';
    },
  });
  return { running, gate, Gated };
}

/** The machine's clock, whose pauses are short; time-outs of calls are as long as ever. */
const hurriedClock: ClientClock = {
  nowMs: () => SYSTEM_CLOCK.nowMs(),
  startTimer: (delayMs, onElapsed) => SYSTEM_CLOCK.startTimer(delayMs < 20_000 ? delayMs / 20 : delayMs, onElapsed),
};

function aManager(options: Partial<JobManagerOptions> = {}): JobManager {
  return service.manager({ clock: hurriedClock, drainSeconds: 25, ...options });
}

describe('when the server is restarted under a worker', () => {
  it('its running task is finished and reported, and the next one done', async () => {
    const { running, gate, Gated } = gated();
    const worker = aManager();
    await worker.register(Gated);
    const workerId = worker.workerId;
    void worker.serve();
    const task = await worker.submit(Gated, {}, { room: 'lab' });
    const told: Progress[] = [];
    const waited = worker.waitFor(task.id, { onProgress: (progress) => told.push(progress) });
    const signal = await running.promise;
    await service.stop();
    gate.open();
    await service.startAgain();
    expect(await waited).toMatchObject({ status: 'completed', result: 'done', worker_id: workerId });
    expect(signal.aborted).toBe(false);
    const next = await worker.submit(Gated, {}, { room: 'lab' });
    expect(await worker.waitFor(next.id)).toMatchObject({ status: 'completed', worker_id: workerId });
    expect(worker.stopped).toBeNull();
  });

  it('after it was killed, sockets join again: a cancel reaches the run', async () => {
    const { running, gate, Gated } = gated();
    const socket = io(service.url, {
      auth: { token: service.superuser },
      forceNew: true,
      reconnectionDelay: 100,
      reconnectionDelayMax: 100,
    });
    sockets.push(socket);
    const worker = aManager({ socket });
    await worker.register(Gated);
    void worker.serve();
    const task = await worker.submit(Gated, {}, { room: 'lab' });
    const signal = await running.promise;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    await service.kill();
    await service.startAgain();
    await hearsAgain(socket, () => worker.submit(Gated, {}, { room: 'lab' }));
    await worker.cancel(task);
    await aborted;
    expect(signal.reason).toEqual(new Error('The task was cancelled.'));
    gate.open();
  });
});

/** Submits until the socket hears of it: then it is in the job's room. */
async function hearsAgain(socket: Socket, submit: () => Promise<unknown>): Promise<void> {
  const heard = new AbortController();
  socket.once('task_available', () => heard.abort());
  while (!heard.signal.aborted) await submit();
}
