import { PAGE_PARAMETERS } from './operation.js';
import type { OperationDetails } from './operation.js';
import { answers, body } from './responses.js';
import type { OperationId } from './routes.js';

const tag = 'services';

/** A call of a service: answered before anything has happened. */
function call(description: string): OperationDetails {
  const everywhere = 'Of a name that several servers have, each is asked whose state allows it. Needs a superuser.';
  return {
    tag,
    description: `${description} ${everywhere}`,
    requestBody: body('Empty', false),
    responses: { 202: answers('The service as it is now; the change goes on.', 'Service') },
  };
}

export const managedServiceOperations = {
  listServices: {
    tag,
    description: 'What a server that is gone had is listed as failed for a while.',
    parameters: PAGE_PARAMETERS,
    responses: { 200: answers('Services, in the order in which each server starts its own.', 'ServicePage') },
  },
  startService: call('For what is initialized or stopped; what it requires is started first.'),
  stopService: call('For what starts or runs; what requires it is stopped first. A start is aborted, and has failed.'),
  restartService: call('For all but what starts or stops; what requires it goes on meanwhile.'),
  resetService: call('For what has failed or stopped: it is initialized again, its error forgotten.'),
} satisfies Partial<Record<OperationId, OperationDetails>>;
