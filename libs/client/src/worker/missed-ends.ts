import { isTerminal } from '@joblib/contract';

import type { JoblibApi } from '../http/joblib-api.js';
import { sentenceOf } from '../logger.js';
import type { ClientLogger } from '../logger.js';
import type { ActiveTasks } from './active-tasks.js';

/** Looks after a time without a socket, in which a cancel may have been missed: runs whose task has ended are told. Never rejects. */
export async function tellMissedEnds(api: JoblibApi, active: ActiveTasks, logger: ClientLogger): Promise<void> {
  const look = async (taskId: string): Promise<void> => {
    try {
      const { status } = await api.getTask(taskId);
      if (isTerminal(status)) active.lose(taskId, new Error(`The task is ${status}.`));
    } catch (error) {
      logger.info(`Task ${taskId} could not be looked at: ${sentenceOf(error)}`);
    }
  };
  await Promise.all(active.ids().map(look));
}
