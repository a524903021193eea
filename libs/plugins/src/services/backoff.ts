/** How long to wait before the n-th retry, the first being 1: 1, 2, 4 … seconds, up to `maxSeconds`. */
export function backoffSeconds(retry: number, maxSeconds: number): number {
  return Math.min(2 ** (retry - 1), maxSeconds);
}
