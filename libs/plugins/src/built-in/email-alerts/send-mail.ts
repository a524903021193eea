import type { SmtpSettings } from './email-settings.js';

/** A mail of plain text. */
export interface Mail {
  /** Without angle brackets; the same for the same mail, so that who gets it twice may notice. */
  readonly messageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** @returns the recipients that the server refused, when it took the mail for others. @throws Error when it took it for nobody. */
export async function sendMail({ host, port, tls, login, timeoutSeconds }: SmtpSettings, mail: Mail): Promise<readonly string[]> {
  // Not before: most who load this package send no mail.
  const { createTransport } = await import('nodemailer');
  const timeoutMs = timeoutSeconds * 1000;
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(login && { auth: login }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const sent: unknown = await transport.sendMail({ ...mail, to: [...mail.to], messageId: `<${mail.messageId}>` });
  return (sent as { readonly rejected: readonly string[] }).rejected;
}
