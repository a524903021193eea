import { JobEntity } from './job.entity.js';
import { LeaseEntity } from './lease.entity.js';
import { ProviderEntity } from './provider.entity.js';
import { SubmissionKeyEntity } from './submission-key.entity.js';
import { TaskEntity } from './task.entity.js';
import { WorkerJobEntity } from './worker-job.entity.js';
import { WorkerEntity } from './worker.entity.js';

/** Every entity of the library, for the `entities` of a host's DataSource. All tables begin with `joblib_`. */
export const joblibEntities = [WorkerEntity, JobEntity, WorkerJobEntity, TaskEntity, ProviderEntity, SubmissionKeyEntity, LeaseEntity];

export { JobEntity, LeaseEntity, ProviderEntity, SubmissionKeyEntity, TaskEntity, WorkerEntity, WorkerJobEntity };
