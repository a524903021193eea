import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { SMTPServer } from 'smtp-server';
import type { SMTPServerOptions } from 'smtp-server';

/** A mail server that keeps what it is sent, as it came over the wire. */
export class SmtpInbox {
  readonly mails: string[] = [];
  readonly logins: { readonly username: string | undefined; readonly password: string | undefined }[] = [];

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}

  /** Takes mail from everybody for everybody but `nobody@…`, without TLS, unless the options say otherwise. */
  static async open(options: SMTPServerOptions = {}): Promise<SmtpInbox> {
    const server = new SMTPServer({
      authOptional: true,
      closeTimeout: 1,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth(login, _session, callback) {
        const { username, password } = login as { username?: string; password?: string };
        inbox.logins.push({ username, password });
        if (password === 'right') callback(null, { user: username });
        else callback(new Error('no such user'));
      },
      onRcptTo({ address }, _session, callback) {
        callback(address.startsWith('nobody@') ? new Error('no such mailbox') : null);
      },
      onData(stream, _session, callback) {
        void text(stream).then((mail) => {
          inbox.mails.push(mail);
          callback();
        });
      },
      ...options,
    });
    // Of a client that goes away in the middle of a handshake.
    server.on('error', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    const inbox = new SmtpInbox(server, (server.server.address() as AddressInfo).port);
    return inbox;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}
