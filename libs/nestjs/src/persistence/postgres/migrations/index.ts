import { JoblibInitialSchema1700000000000 } from './1700000000000-initial-schema.js';

/** Migrations of PostgreSQL, oldest first. */
export const postgresMigrations = [JoblibInitialSchema1700000000000];
