/** Every origin. */
export const ANY_ORIGIN = '*';

/**
 * Whether a browser page may open a socket: pages of the configured origins, and of the address that the request itself was
 * sent to. Programs other than browsers send no `Origin`, and prove who they are by their token alone.
 */
export function mayConnect(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes(ANY_ORIGIN) || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
