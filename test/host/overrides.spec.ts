import 'reflect-metadata';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import * as joblib from '@joblib/nestjs';
import {
  CLOCK,
  IDENTITY,
  JoblibModule,
  JoblibTasks,
  ROOM_GUARD,
  SESSION_MAKER,
  sessionMakerFor,
  sqliteDataSourceOptions,
} from '@joblib/nestjs';
import type { Clock, InternalRegistry, JoblibOptions, SessionMaker } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import { DataSource } from 'typeorm';

/** Every exported token, by name; a new one is tested without anything to do here. */
const TOKENS = (Object.entries(joblib) as [string, unknown][]).filter((entry): entry is [string, symbol] => typeof entry[1] === 'symbol');

const DOCUMENTED = [
  'CLOCK',
  'EVENT_PUBLISHER',
  'IDENTITY',
  'INTERNAL_REGISTRY',
  'JOBLIB_SETTINGS',
  'PROVIDER_ROOM_CLEANUP',
  'RESULT_BACKEND',
  'ROOM_GUARD',
  'ROOM_READ_GUARD',
  'SESSION_MAKER',
  'WAKE_UPS',
];

const identity: Provider = { provide: IDENTITY, useClass: BearerNameIdentity };

/** Something of the host's own that an override needs. */
@Injectable()
class Lockbox {
  readonly secret = 'from the imports';
}

@Module({ providers: [Lockbox], exports: [Lockbox] })
class LockboxModule {}

const database = new DataSource(sqliteDataSourceOptions(':memory:'));
const sessions = sessionMakerFor(database);

/** Stands for any port: what is asked of it from start to stop is there. */
class Replacement implements SessionMaker, Clock, InternalRegistry {
  readonly jobs = new Map();
  readonly now = Date.now;
  readonly subscribe = () => () => undefined;
  readonly transaction = sessions.transaction.bind(sessions);
  readonly read = sessions.read.bind(sessions);
  readonly secret: string;

  constructor(@Inject(Lockbox) lockbox: Lockbox) {
    this.secret = lockbox.secret;
  }
}

/** The settings have to be complete: periods are made from them. */
const settings = { ...joblib.settingsFromEnv({}), secret: 'from the imports' };

const WAYS: Readonly<Record<string, (token: symbol) => Provider[]>> = {
  useClass: (provide) => [{ provide, useClass: Replacement }],
  useValue: (provide) => [{ provide, useValue: new Replacement(new Lockbox()) }],
  useFactory: (provide) => [{ provide, useFactory: (lockbox: Lockbox) => new Replacement(lockbox), inject: [Lockbox] }],
  'an asynchronous useFactory': (provide) => [
    { provide, useFactory: (lockbox: Lockbox) => Promise.resolve(new Replacement(lockbox)), inject: [Lockbox] },
  ],
  'useExisting, with a helper class': (provide) => [Replacement, { provide, useExisting: Replacement }],
};

beforeAll(async () => {
  await database.initialize();
  await database.runMigrations();
});
afterAll(() => database.destroy());

let app: { close(): Promise<void> } | null = null;
afterEach(async () => {
  await app?.close();
  app = null;
});

const dataSource = sqliteDataSourceOptions(':memory:');

function sync(overrides: readonly Provider[]): DynamicModule {
  return JoblibModule.forRoot({ dataSource, migrate: true, imports: [LockboxModule], overrides: [identity, ...overrides] });
}

function fromFactory(overrides: readonly Provider[]): DynamicModule {
  return JoblibModule.forRootAsync({
    imports: [LockboxModule],
    overrides: [identity, ...overrides],
    inject: [Lockbox],
    useFactory: (lockbox: Lockbox) => Promise.resolve({ dataSource, migrate: lockbox.secret === 'from the imports' }),
  });
}

/** What the library, and a host that injects it, get for a token. */
async function resolved(root: DynamicModule, token: symbol): Promise<unknown> {
  const context = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  app = context;
  return context.get(token, { strict: false });
}

describe('the tokens', () => {
  it('are those that are documented, each the same in every installed copy', () => {
    expect(TOKENS.map(([name]) => name).sort()).toEqual(DOCUMENTED);
    for (const [, token] of TOKENS) expect(Symbol.keyFor(token)).toMatch(/^joblib\/[A-Z][A-Za-z]+$/);
  });

  describe.each(TOKENS)('%s', (_name, token) => {
    const providersOf = (way: string): Provider[] => {
      if (token !== joblib.JOBLIB_SETTINGS) return WAYS[way]?.(token) ?? [];
      return [{ provide: token, useFactory: ({ secret }: Lockbox) => ({ ...settings, secret }), inject: [Lockbox] }];
    };

    it.each(Object.keys(WAYS))('can be overridden by %s', async (way) => {
      expect(await resolved(sync(providersOf(way)), token)).toMatchObject({ secret: 'from the imports' });
    });

    it('can be overridden beside options from a factory', async () => {
      expect(await resolved(fromFactory(providersOf('useFactory')), token)).toMatchObject({ secret: 'from the imports' });
    });

    it('can be overridden in a test of the host', async () => {
      const value = token === joblib.JOBLIB_SETTINGS ? settings : new Replacement(new Lockbox());
      const module = await Test.createTestingModule({ imports: [sync([])] })
        .overrideProvider(token)
        .useValue(value)
        .compile();
      app = await module.init();
      expect(module.get(token, { strict: false })).toBe(value);
    });
  });

  it('may depend on each other', async () => {
    const guard = {
      provide: ROOM_GUARD,
      useFactory: (clock: Clock) => ({ clock, assertWritable: () => Promise.resolve() }),
      inject: [CLOCK],
    };
    expect(await resolved(sync([guard]), ROOM_GUARD)).toMatchObject({ clock: joblib.systemClock });
  });

  it('take the last of two overrides', async () => {
    const [first, second] = [{ now: () => 1 }, { now: () => 2 }];
    const overrides = [first, second].map((useValue) => ({ provide: CLOCK, useValue }));
    expect(await resolved(sync(overrides), CLOCK)).toBe(second);
  });
});

describe('an override that nothing asks for', () => {
  const refused = (override: unknown): (() => void)[] => {
    const overrides = [identity, override as Provider];
    return [
      () => JoblibModule.forRoot({ dataSource, overrides }),
      () => JoblibModule.forRootAsync({ useFactory: () => ({ dataSource }), overrides }),
    ];
  };

  it.each<[string, unknown, string]>([
    ['a string', { provide: 'ROOM_GUARD', useValue: {} }, "'ROOM_GUARD'"],
    ['a symbol of ours with a typing error', { provide: Symbol.for('joblib/RoomGaurd'), useValue: {} }, 'Symbol(joblib/RoomGaurd)'],
    ['a symbol that only looks like ours', { provide: Symbol('joblib/RoomGuard'), useValue: {} }, 'Symbol(joblib/RoomGuard)'],
    ['a symbol that is not for hosts', { provide: Symbol.for('joblib/Options'), useValue: {} }, 'Symbol(joblib/Options)'],
    ['an import that is not there', { provide: undefined, useValue: {} }, 'undefined'],
  ])('is refused by name: %s', (_case, override, name) => {
    for (const configure of refused(override)) {
      expect(configure).toThrow(
        `JoblibModule has no token ${name}, which \`overrides\` has a provider for. Its tokens are CLOCK, EVENT_PUBLISHER, `,
      );
    }
  });

  it("is a helper when it is a class or a host's own symbol", async () => {
    const helper = Symbol('helper');
    const guard = { provide: ROOM_GUARD, useFactory: (told: string) => ({ told }), inject: [helper] };
    expect(await resolved(sync([{ provide: helper, useValue: 'something' }, guard]), ROOM_GUARD)).toEqual({ told: 'something' });
  });
});

describe('a host that forgets', () => {
  const started = async (root: DynamicModule): Promise<unknown> =>
    NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });

  const both = (options: JoblibOptions, overrides: readonly Provider[] = []): DynamicModule[] => [
    JoblibModule.forRoot({ ...options, overrides }),
    JoblibModule.forRootAsync({ overrides, useFactory: () => options }),
  ];

  it('the identity is told the token', async () => {
    for (const root of both({ dataSource, migrate: true })) {
      await expect(started(root)).rejects.toThrow('put a provider for the token IDENTITY into `overrides`');
    }
  });

  it('the database is told both ways to give it', async () => {
    for (const root of both({}, [identity])) {
      await expect(started(root)).rejects.toThrow('give it a `dataSource`, or put a provider for the token SESSION_MAKER into `overrides`');
    }
  });

  it('the database needs none when it overrides the session maker', async () => {
    const root = JoblibModule.forRoot({ overrides: [identity, { provide: SESSION_MAKER, useValue: sessions }] });
    expect(await resolved(root, SESSION_MAKER)).toBe(sessions);
  });
});

it('serves a process without HTTP: tasks, sweeper and all', async () => {
  const context = await NestFactory.createApplicationContext(sync([]), { logger: false, abortOnError: false });
  app = context;
  const root = { id: 'root', isSuperuser: true };
  await expect(context.get(JoblibTasks).get(root, 'x')).rejects.toMatchObject({ problem: 'TaskNotFound' });
  expect(await context.get(joblib.Sweeper).sweepOnce()).toMatchObject({ workers: 0 });
});
