import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import type { JobManager } from '../job-manager.js';
import type { FakeServer } from '../testing/fake-server.js';
import { defineExtension, extensionWithContext } from './extension.js';
import type { AnyExtension, ContextOf, InputOf, ResultOf, TypedTask } from './extension.js';

/** Whether two types are the same, `any` being the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile unless the types are the same. */
function same<A, B>(isSame: Same<A, B>): void {
  void isSame;
}

const FromZod = defineExtension({
  name: 'FromZod',
  schema: z.object({ angle: z.number().default(90), label: z.string().transform((text) => text.length) }),
  async run({ payload }) {
    same<typeof payload, { angle: number; label: number }>(true);
    return { atoms: [payload.angle] };
  },
});

const FromJsonSchema = defineExtension({
  name: 'FromJsonSchema',
  category: 'analysis',
  schema: {
    type: 'object',
    properties: {
      angle: { type: 'number', default: 90 },
      axis: { enum: ['x', 'y', 'z'] },
      path: { type: ['string', 'null'] },
      atoms: { type: 'array', items: { type: 'object', properties: { x: { type: 'integer' } }, required: ['x'] } },
      either: { anyOf: [{ type: 'boolean' }, { const: 'auto' }] },
      anything: {},
    },
    required: ['axis', 'atoms'],
  },
  run({ payload }) {
    same<
      typeof payload,
      {
        readonly angle: number;
        readonly axis: 'x' | 'y' | 'z';
        readonly atoms: readonly { readonly x: number }[];
        readonly path?: string | null;
        readonly either?: boolean | 'auto';
        readonly anything?: unknown;
      }
    >(true);
    return payload.axis;
  },
});

const WithoutSchema = defineExtension({
  name: 'WithoutSchema',
  run({ payload, context }) {
    same<typeof payload, Readonly<Record<string, unknown>>>(true);
    same<typeof context, unknown>(true);
  },
});

interface Model {
  predict(angle: number): Promise<string>;
}

const WithContext = extensionWithContext<Model>()({
  name: 'WithContext',
  schema: { type: 'object', properties: { angle: { type: 'number' } }, required: ['angle'] },
  run: ({ payload, context }) => context.predict(payload.angle),
});

class AsClass {
  static readonly schema = z.object({ n: z.number() });
  n = 0;
  async run(): Promise<number> {
    return this.n;
  }
}

/** Never called: the compiler reads it. */
async function typed(manager: JobManager, server: FakeServer): Promise<void> {
  same<ResultOf<typeof FromZod>, { atoms: number[] }>(true);
  same<InputOf<typeof FromZod>, { angle?: number | undefined; label: string }>(true);
  same<ResultOf<typeof FromJsonSchema>, 'x' | 'y' | 'z'>(true);
  same<InputOf<typeof FromJsonSchema>['angle'], number | undefined>(true);
  same<ResultOf<typeof WithoutSchema>, void>(true);
  same<ContextOf<typeof WithContext>, Model>(true);
  same<ResultOf<typeof WithContext>, string>(true);
  same<InputOf<typeof AsClass>, { n: number }>(true);
  same<ResultOf<typeof AsClass>, number>(true);

  const task = await manager.submit(FromZod, { label: 'x' }, { room: 'lab' });
  same<typeof task, TypedTask<{ atoms: number[] }>>(true);
  const done = await manager.waitFor(task.id);
  same<typeof done.result, { atoms: number[] } | null>(true);
  const untyped = await manager.waitFor('any id');
  same<typeof untyped.result, unknown>(true);

  // @ts-expect-error the label is missing
  await manager.submit(FromZod, { angle: 1 }, { room: 'lab' });
  // @ts-expect-error no such axis
  await manager.submit(FromJsonSchema, { axis: 'w', atoms: [] }, { room: 'lab' });
  // @ts-expect-error no room
  await manager.submit(FromZod, { label: 'x' }, {});
  await manager.submit('@global:modifiers:FromZod', { anything: 1 }, { room: 'lab' });

  await manager.register(FromZod);
  await manager.register(AsClass, { room: 'lab' });
  const anything: AnyExtension = FromZod;
  await manager.register(anything);
  await manager.register(WithContext, { context: { predict: async () => 'x' } });
  // @ts-expect-error it needs a context
  await manager.register(WithContext);
  // @ts-expect-error not this one
  await manager.register(WithContext, { context: { predict: 1 } });

  class Files {
    static readonly category = 'files';
    read(handler: ReadonlyMap<string, string>): string {
      return [...handler.keys()].join();
    }
  }
  await manager.registerProvider(Files, { name: 'x', handler: new Map<string, string>() });
  // @ts-expect-error not its handler
  await manager.registerProvider(Files, { name: 'x', handler: 7 });
  same<ReturnType<typeof server.task>['result'], unknown>(true);
}

describe('defineExtension', () => {
  it('types payloads, results and contexts: the compiler has read what is above', () => {
    expect(typed).toBeInstanceOf(Function);
  });

  it('is in modifiers unless it says otherwise', () => {
    expect([FromZod.category, FromJsonSchema.category, WithContext.category]).toEqual(['modifiers', 'analysis', 'modifiers']);
  });

  it('leaves run to be called as it is', async () => {
    const context: Model = { predict: async (angle) => `${angle}°` };
    const run = { payload: { angle: 45 }, context } as Parameters<typeof WithContext.run>[0];
    expect(await WithContext.run(run)).toBe('45°');
  });
});
