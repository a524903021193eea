import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';

import { LeaseEntity } from '../../libs/nestjs/src/persistence/entities/lease.entity.js';
import { databases } from './databases.js';
import type { OpenDatabase } from './databases.js';

describe.each(databases)('sessions of the default session maker on $name', (kind) => {
  let database: OpenDatabase;
  beforeEach(async () => {
    database = await kind.open();
  });
  afterEach(() => database.close());

  const save = ({ manager }: QueryRunner, name: string) => manager.save(LeaseEntity, { name, holder: 'me', expiresAt: 1 });
  const names = () => database.sessionMaker.read(async ({ manager }) => (await manager.find(LeaseEntity)).map(({ name }) => name).sort());

  it('take in what is saved through TypeORM: with the rest, or not at all', async () => {
    await database.sessionMaker.transaction(async (session) => {
      await save(session, 'one');
      await session.manager.transaction((nested) => nested.save(LeaseEntity, { name: 'two', holder: 'me', expiresAt: 1 }));
    });
    expect(await names()).toEqual(['one', 'two']);
    const broken = database.sessionMaker.transaction(async (session) => {
      await save(session, 'three');
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(await names()).toEqual(['one', 'two']);
  });

  it('undo a nested transaction alone', async () => {
    await database.sessionMaker.transaction(async (session) => {
      await save(session, 'kept');
      const nested = session.manager.transaction(async (manager) => {
        await manager.save(LeaseEntity, { name: 'undone', holder: 'me', expiresAt: 1 });
        throw new Error('broken');
      });
      await expect(nested).rejects.toThrow('broken');
    });
    expect(await names()).toEqual(['kept']);
  });

  it('leave nothing behind for the next one, however they ended', async () => {
    for (const name of ['first', 'second']) {
      await expect(database.sessionMaker.transaction(() => Promise.reject(new Error(name)))).rejects.toThrow(name);
      await database.sessionMaker.transaction((session) => save(session, name));
    }
    expect(await names()).toEqual(['first', 'second']);
  });
});
