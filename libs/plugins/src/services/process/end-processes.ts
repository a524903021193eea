import { setTimeout as pause } from 'node:timers/promises';

import { livingMembers } from './process-identity.js';

const LOOK_AGAIN_AFTER_MS = 20;

/** Sends it to every process of the group. @returns whether there was one. */
export function signalGroup(group: number, signal: NodeJS.Signals): boolean {
  return sent(-group, signal);
}

/** Sends it to one process. @returns whether there is one. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  return sent(pid, signal);
}

/** Whether some process of the group has not ended. Whoever has no parent that asks for its end still counts for the system. */
export function isGroupAlive(group: number): boolean {
  return sent(-group, 0) && livingMembers(group).length > 0;
}

/** Resolves with `true` when the condition no longer holds, with `false` when it still does after that time, or when nobody wants to know any more. */
export async function goneWithin(isThere: () => boolean, limitMs: number, signal?: AbortSignal): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  while (isThere()) {
    if (performance.now() > giveUpAt || signal?.aborted === true) return false;
    await pause(LOOK_AGAIN_AFTER_MS);
  }
  return true;
}

function sent(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
