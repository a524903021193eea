export const TASK_STATUSES = ['pending', 'claimed', 'running', 'completed', 'failed', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const TERMINAL_STATUSES = ['completed', 'failed', 'cancelled'] as const satisfies readonly TaskStatus[];
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

/** What a report may ask for. `claimed` is reached by a claim only, `pending` by a submit only. */
export const REPORTABLE_STATUSES = ['running', ...TERMINAL_STATUSES] as const satisfies readonly TaskStatus[];
export type ReportableStatus = (typeof REPORTABLE_STATUSES)[number];

export function isTaskStatus(value: unknown): value is TaskStatus {
  return (TASK_STATUSES as readonly unknown[]).includes(value);
}

export function isTerminal(status: TaskStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly TaskStatus[]).includes(status);
}

export function isReportable(status: TaskStatus): status is ReportableStatus {
  return (REPORTABLE_STATUSES as readonly TaskStatus[]).includes(status);
}
