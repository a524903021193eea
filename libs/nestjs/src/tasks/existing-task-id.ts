import { ProblemError } from '@joblib/contract';

import { asUuid } from '../domain/uuid.js';

/** The id as it is stored. @throws ProblemError `TaskNotFound` for one that no task can have. */
export function existingTaskId(id: string): string {
  const uuid = asUuid(id);
  if (uuid === null) throw new ProblemError('TaskNotFound', `Task '${id}' is not there.`);
  return uuid;
}
