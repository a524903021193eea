import { joblibEntities, sqliteDataSourceOptions, sqliteMigrations } from '@joblib/nestjs';
import { DataSource } from 'typeorm';
import { Order } from '../orders/order.entity.js';
import { Room } from '../rooms/room.entity.js';
import { CreateStudio1767225600000 } from './create-studio.migration.js';

/** One database for our tables and those of joblib, one list of migrations for both. */
export function studioDataSource(path: string): DataSource {
  return new DataSource({
    ...sqliteDataSourceOptions(path),
    entities: [...joblibEntities, Room, Order],
    migrations: [...sqliteMigrations, CreateStudio1767225600000],
    migrationsTableName: 'studio_migration',
  });
}
