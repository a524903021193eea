import { JoblibInitialSchema1700000000000 } from './1700000000000-initial-schema.js';

/** Migrations of the embedded database, oldest first. */
export const sqliteMigrations = [JoblibInitialSchema1700000000000];
