/** What the hints need to be commands that work as they are printed. */
export interface NextStepsContext {
  /** Of the service that will be there: the one that was used, or the one that `npm start` starts. */
  readonly url: string;
  readonly isRunning: boolean;
  readonly roomId: string;
  readonly fullName: string;
  /** The worker's workspace, relative to the current folder. */
  readonly workspace: string;
}

/** Lines to print at the end: commands to go on with, in the order in which they work. */
export function nextSteps({ url, isRunning, roomId, fullName, workspace }: NextStepsContext): readonly string[] {
  const rooms = `${url}/v1/joblib/rooms/${roomId}`;
  const payload = JSON.stringify({ payload: { file: 'caffeine.xyz', axis: 'y', angle: 120, output: 'mine.xyz' } });
  const authorized = 'curl -H "Authorization: Bearer $TOKEN"';
  return [
    'Try next:',
    ...(isRunning ? [] : [`  npm start                       # the service at ${url}; the rest in a second terminal`]),
    '  TOKEN=$(npm run --silent token -- --sub alice --superuser)',
    `  ${authorized} ${url}/v1/me`,
    `  JOBLIB_URL=${url} JOBLIB_TOKEN=$TOKEN node examples/demo/dist/rotate-worker.js ${workspace} &`,
    `  ${authorized} -H 'Content-Type: application/json' -d '${payload}' '${rooms}/tasks/${fullName}'`,
    `  ${authorized} ${rooms}/tasks`,
    `  ${url}/docs              # every call, in a browser`,
  ];
}
