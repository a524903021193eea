export { SchemaChecker } from './schema-checker.js';
export type { PoolLimits } from './checking-pool.js';
