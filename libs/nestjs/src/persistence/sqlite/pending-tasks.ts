/** Without statistics SQLite takes any index that begins with the job, also the one with all tasks it ever had. */
export const PENDING_TASKS = 'joblib_task INDEXED BY joblib_task_pending';
