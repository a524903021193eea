import { describe, expect, it } from '@jest/globals';
import { HandOutLedger } from '../../bench/hand-out-checker.js';
import { Latencies } from '../../bench/latencies.js';
import { LOADS, LOAD_NAMES, type LoadContext } from '../../bench/loads.js';
import type { TaskApi, TaskStub } from '../../bench/task-api.js';

/** A server in memory that several lanes share; every answer comes in a later turn, so that lanes interleave. */
class MemoryServer {
  readonly #pending: TaskStub[] = [];
  #created = 0;

  lane(): TaskApi {
    const api: Partial<TaskApi> = {
      submit: () => this.#later(() => this.#create()),
      submitBatch: (_, size) => this.#later(() => Array.from({ length: size }, () => this.#create())),
      claim: () => this.#later(() => this.#pending.shift() ?? null),
      claimMany: (_, size) => this.#later(() => this.#pending.splice(0, size)),
      report: () => this.#later(() => undefined),
      reportMany: () => this.#later(() => undefined),
    };
    return api as TaskApi;
  }

  #create(): TaskStub {
    this.#created += 1;
    const task = { id: String(this.#created).padStart(9, '0'), created_at: '2026-01-31T12:00:00.000Z' };
    this.#pending.push(task);
    return task;
  }

  #later<Value>(act: () => Value): Promise<Value> {
    return new Promise((resolve) => setImmediate(() => resolve(act())));
  }
}

function aContext(): LoadContext {
  const server = new MemoryServer();
  const lanes = Array.from({ length: 8 }, (_, index) => ({ api: server.lane(), workerId: `worker-${index}` }));
  return { lanes, roomId: 'room', seconds: 0.05, backlogSize: 500, batchSize: 20, ledger: new HandOutLedger(), latencies: new Latencies() };
}

describe('loads', () => {
  it.each(LOAD_NAMES)('%s counts every lifecycle of every lane, and leaves nothing undone', async (name) => {
    const context = aContext();
    const { lifecycles } = await LOADS[name](context);
    expect(lifecycles).toBeGreaterThan(0);
    expect(lifecycles).toBe(context.ledger.submittedCount);
    expect(context.ledger.violations()).toEqual([]);
  });
});
