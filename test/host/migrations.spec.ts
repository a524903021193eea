import 'reflect-metadata';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext, Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  IDENTITY,
  JoblibModule,
  JoblibTasks,
  SESSION_MAKER,
  joblibEntities,
  postgresDataSourceOptions,
  postgresMigrations,
  sessionMakerFor,
  sqliteMigrations,
} from '@joblib/nestjs';
import type { JoblibOptions } from '@joblib/nestjs';
import { BearerNameIdentity } from '@joblib/nestjs/testing';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import type { DataSourceOptions, MigrationInterface, QueryRunner } from 'typeorm';

import { createBarePostgresDatabase } from '../support/postgres-databases.js';
import { isOnPostgres, lastingDatabase } from '../support/test-database.js';
import type { TestDatabase } from '../support/test-database.js';

@Entity('note')
class NoteEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  words!: string;
}

/** A host's own, older than ours, under a name that everybody gives to their first one. */
class InitialSchema1600000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE "note" ("id" text NOT NULL PRIMARY KEY, "words" text NOT NULL)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "note"');
  }
}

/** And one that is younger. */
class FirstNote4000000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`INSERT INTO "note" VALUES ('1', 'hello')`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DELETE FROM "note"');
  }
}

const ours = isOnPostgres ? postgresMigrations : sqliteMigrations;
const theirs = [InitialSchema1600000000000, FirstNote4000000000000];

let database: TestDatabase;
let context: INestApplicationContext | null;
beforeEach(async () => {
  database = await bareDatabase();
});
afterEach(async () => {
  await context?.close();
  context = null;
  await database.remove();
});

async function bareDatabase(): Promise<TestDatabase> {
  const kept = await lastingDatabase();
  if (!isOnPostgres) return kept;
  await kept.remove();
  const { url, drop } = await createBarePostgresDatabase();
  return { options: () => postgresDataSourceOptions(url), remove: drop };
}

/** A host's own database: its tables and ours, in its own table of migrations. */
function hostOptions(migrations: DataSourceOptions['migrations'] = [...theirs, ...ours]): DataSourceOptions {
  return { ...database.options(), entities: [NoteEntity, ...joblibEntities], migrations, migrationsTableName: 'host_migration' };
}

async function start(options: JoblibOptions, ...overrides: Provider[]): Promise<void> {
  const root = JoblibModule.forRoot({ ...options, overrides: [{ provide: IDENTITY, useClass: BearerNameIdentity }, ...overrides] });
  context = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
}

async function expectToWork(): Promise<void> {
  await expect(
    context?.get(JoblibTasks).submit({ id: 'alice', isSuperuser: false }, { roomId: 'lab', jobName: 'lab:a:b' }),
  ).rejects.toMatchObject({
    problem: 'JobNotFound',
  });
}

async function namesIn(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>('SELECT name FROM host_migration ORDER BY id');
  return rows.map(({ name }) => name);
}

const EVERY_NAME = ['InitialSchema1600000000000', ...ours.map(({ name }) => name), 'FirstNote4000000000000'];

describe('the module, with `migrate`,', () => {
  it('runs what is pending, of the host as well, once', async () => {
    const dataSource = new DataSource(hostOptions());
    await start({ dataSource, migrate: true });
    await expectToWork();
    expect(await namesIn(dataSource)).toEqual(EVERY_NAME);
    expect(await dataSource.getRepository(NoteEntity).find()).toEqual([{ id: '1', words: 'hello' }]);
    const another = await new DataSource(hostOptions()).initialize();
    expect(await another.runMigrations()).toEqual([]);
    await another.destroy();
  });

  it('does so for a session maker of the host too, and leaves an open DataSource open', async () => {
    const dataSource = await new DataSource(hostOptions()).initialize();
    await start({ dataSource, migrate: true }, { provide: SESSION_MAKER, useValue: sessionMakerFor(dataSource) });
    await expectToWork();
    await context?.close();
    context = null;
    expect(dataSource.isInitialized).toBe(true);
    await dataSource.destroy();
  });

  it('opens and closes a DataSource that is not open, whoever makes the sessions', async () => {
    const dataSource = new DataSource(hostOptions());
    await start({ dataSource, migrate: true }, { provide: SESSION_MAKER, useValue: sessionMakerFor(dataSource) });
    await expectToWork();
    await context?.close();
    context = null;
    expect(dataSource.isInitialized).toBe(false);
  });

  it('does not start when the DataSource does not have ours', async () => {
    const dataSource = new DataSource(hostOptions(theirs));
    await expect(start({ dataSource, migrate: true })).rejects.toThrow(
      '`migrate` is on, but the DataSource does not know the tables of JoblibModule: put `sqliteMigrations` or `postgresMigrations`',
    );
    expect(dataSource.isInitialized).toBe(false);
  });
});

describe('without it', () => {
  it('the host runs them with its own, and nothing collides', async () => {
    const dataSource = await new DataSource(hostOptions()).initialize();
    expect((await dataSource.runMigrations()).map(({ name }) => name)).toEqual(EVERY_NAME);
    await start({ dataSource });
    await expectToWork();
    for (const _ of EVERY_NAME) await dataSource.undoLastMigration();
    expect(await namesIn(dataSource)).toEqual([]);
    const runner = dataSource.createQueryRunner();
    expect((await runner.getTables([])).map(({ name }) => name).filter((name) => name.startsWith('joblib_'))).toEqual([]);
    await runner.release();
    await dataSource.destroy();
  });

  it('nothing is migrated behind its back', async () => {
    const dataSource = await new DataSource(hostOptions()).initialize();
    await expect(start({ dataSource })).rejects.toThrow('joblib_task');
    expect(await dataSource.showMigrations()).toBe(true);
    await dataSource.destroy();
  });
});
