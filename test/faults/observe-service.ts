import type { ServiceProcess } from '../service/server-process.js';

/** The statuses of both health addresses. */
export async function healthOf(address: string): Promise<{ live: number; ready: number }> {
  const statusOf = async (path: string): Promise<number> => {
    const response = await fetch(address + path);
    await response.body?.cancel();
    return response.status;
  };
  return { live: await statusOf('/health/live'), ready: await statusOf('/health/ready') };
}

/** What the service said of its database: errors first. */
export function databaseLines({ stdout, stderr }: ServiceProcess): string[] {
  return `${stderr}${stdout}`.split('\n').filter((line) => line.includes('atabase') && !line.includes('[Redis]'));
}
