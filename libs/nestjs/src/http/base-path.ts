/** Where the API is served, below whatever global prefix a host has. Fixed by the contract. */
export const BASE_PATH = 'v1/joblib';

/** Where the descriptions of the problem types are served, below the same prefix. */
export const PROBLEMS_PATH = 'v1/problems';

const BELOW_BASE = /(?:^|\/)v1\/joblib(?=\/|$)/;
const BELOW_PROBLEMS = /(?:^|\/)v1\/problems(?=\/|$)/;

/** Which of our two areas a route pattern or a path belongs to; `null` when it is the host's own. */
export function areaOf(path: string): 'api' | 'problems' | null {
  if (BELOW_BASE.test(path)) return 'api';
  return BELOW_PROBLEMS.test(path) ? 'problems' : null;
}
