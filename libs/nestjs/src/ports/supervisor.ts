import type { Supervisor } from '@joblib/plugins/services';

/** The services of this server; `null` when it has none. */
export type ServerServices = Supervisor | null;

export const SUPERVISOR = Symbol.for('joblib/Supervisor');
