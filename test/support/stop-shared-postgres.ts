/** After all tests. */
export default async function stopSharedServer(): Promise<void> {
  await (globalThis as { sharedPostgres?: { remove(): Promise<void> } }).sharedPostgres?.remove();
}
