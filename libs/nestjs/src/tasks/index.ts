export { ClaimOperation } from './claim.operation.js';
export type { Claiming, Look } from './claim.operation.js';
export { ClaimTasksController } from './claim-tasks.controller.js';
export { ClaimTasks } from './claim-tasks.service.js';
export { HeldClaims } from './held-claims.service.js';
export { HeldPolls } from './held-polls.service.js';
export { ExactJson } from './joblib-tasks.js';
export type {
  BatchSubmission,
  ClaimOutcome,
  ClaimWait,
  ReportOutcome,
  SubmissionTarget,
  SubmittedTask,
  TaskClaim,
  TaskReport,
  TaskSnapshot,
  TaskSubmission,
  TaskWait,
} from './joblib-tasks.js';
export { HostCalls } from './joblib-tasks-calls.js';
export { JoblibTasks } from './joblib-tasks.service.js';
export { PeriodicWork } from './periodic-work.js';
export { ReadTasks } from './read-tasks.service.js';
export { ReportOperation } from './report.operation.js';
export type { Reporting } from './report.operation.js';
export { ReportTasks } from './report-tasks.service.js';
export { StopSignal } from './stop-signal.js';
export { SubmissionReplay } from './submission-replay.service.js';
export { SubmitOperation } from './submit.operation.js';
export type { Submitted } from './submit.operation.js';
export { SubmitTasksController } from './submit-tasks.controller.js';
export { SubmitTasks } from './submit-tasks.service.js';
export type { SubmitRequest } from './submit-tasks.service.js';
export { TasksController } from './tasks.controller.js';
