import { Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { studioDataSource } from './studio-data-source.js';
import { StudioSessions } from './studio-sessions.js';

/** Our DataSource: opened, migrated and closed by us. */
@Module({
  providers: [{ provide: DataSource, useFactory: openDatabase }, StudioSessions],
  exports: [StudioSessions],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}

async function openDatabase(): Promise<DataSource> {
  const dataSource = await studioDataSource(process.env['STUDIO_DATABASE'] ?? 'studio.sqlite').initialize();
  await dataSource.runMigrations();
  return dataSource;
}
