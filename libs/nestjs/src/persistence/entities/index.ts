import { DeliveryEntity } from './delivery.entity.js';
import { JobEntity } from './job.entity.js';
import { LeaseEntity } from './lease.entity.js';
import { OutboxEntity } from './outbox.entity.js';
import { PluginEntity } from './plugin.entity.js';
import { ProviderEntity } from './provider.entity.js';
import { ServiceEntity } from './service.entity.js';
import { SubmissionKeyEntity } from './submission-key.entity.js';
import { TaskEntity } from './task.entity.js';
import { WorkerJobEntity } from './worker-job.entity.js';
import { WorkerEntity } from './worker.entity.js';

/** Every entity of the library, for the `entities` of a host's DataSource. All tables begin with `joblib_`. */
export const joblibEntities = [
  WorkerEntity,
  JobEntity,
  WorkerJobEntity,
  TaskEntity,
  ProviderEntity,
  SubmissionKeyEntity,
  LeaseEntity,
  PluginEntity,
  OutboxEntity,
  DeliveryEntity,
  ServiceEntity,
];

export {
  DeliveryEntity,
  JobEntity,
  LeaseEntity,
  OutboxEntity,
  PluginEntity,
  ProviderEntity,
  ServiceEntity,
  SubmissionKeyEntity,
  TaskEntity,
  WorkerEntity,
  WorkerJobEntity,
};
