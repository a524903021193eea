import { SignJWT } from 'jose';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import supertest from 'supertest';

import { InstalledHost } from './installed-host.js';
import type { HostProcess } from './host-process.js';

const SECRET = 'the studio keeps its tokens with this key';

/** Says what the studio's settings have to win over. */
const ENVIRONMENT = { STUDIO_SECRET: SECRET, ZNDRAW_JOBLIB_ALLOWED_CATEGORIES: 'modifiers', ZNDRAW_JOBLIB_PAYLOAD_VALIDATION: 'off' };

export const DRAW = '@global:drawings:Draw';

/** `examples/host-app`, installed, running, and seen from outside. */
export class Studio {
  private constructor(
    readonly host: InstalledHost,
    private program: HostProcess,
    private origin: string,
  ) {}

  static async open(): Promise<Studio> {
    const host = InstalledHost.install('host-app');
    const program = host.start('dist/main.js', ENVIRONMENT);
    return new Studio(host, program, await program.listening());
  }

  /** Stops it as operators do, and starts it on what it left behind. @returns what it printed until it ended. */
  async restart(): Promise<string> {
    await this.program.stop();
    const { output } = this.program;
    this.program = this.host.start('dist/main.js', ENVIRONMENT);
    this.origin = await this.program.listening();
    return output;
  }

  /** Somebody who talks to it over HTTP. */
  async member(name: string, role?: 'director'): Promise<Member> {
    return new Member(this.origin, await tokenOf({ member: name, ...(role && { role }) }));
  }

  /** Any token, or none. */
  withToken(token: string | null): Member {
    return new Member(this.origin, token);
  }

  async close(): Promise<void> {
    await this.host.remove();
  }
}

/** A token with these claims, signed with the studio's key. */
export function tokenOf(claims: Record<string, unknown>, issuer = 'studio'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuer(issuer).setIssuedAt().sign(new TextEncoder().encode(SECRET));
}

type Method = 'delete' | 'get' | 'patch' | 'post' | 'put';

export class Member {
  constructor(
    private readonly origin: string,
    private readonly token: string | null,
  ) {}

  /** Sends a request; `path` is the whole one. */
  call(method: Method, path: string, body?: object, headers: Record<string, string> = {}): supertest.Test {
    const request = supertest(this.origin)[method](path).set(headers);
    if (this.token !== null) void request.set('authorization', `Bearer ${this.token}`);
    return body === undefined ? request : request.send(body);
  }

  /** Registers a job, `room:category:name`. */
  register(fullName: string): supertest.Test {
    const [room = '', category, name] = fullName.split(':');
    return this.call('put', `/v1/joblib/rooms/${room}/jobs`, { category, name });
  }

  submit(room: string, fullName: string, payload: object = {}): supertest.Test {
    return this.call('post', `/v1/joblib/rooms/${room}/tasks/${fullName}`, { payload });
  }

  order(roomId: string, wish: string): supertest.Test {
    return this.call('post', '/studio/orders', { roomId, wish });
  }

  /** Connects to the studio's own Socket.IO server. */
  async connect(): Promise<Socket> {
    const socket = io(this.origin, {
      path: '/studio/socket.io',
      auth: { token: this.token },
      transports: ['websocket'],
      reconnection: false,
      autoConnect: false,
    });
    const refused = new Promise((_, reject) => socket.once('connect_error', reject));
    const connected = nextOf(socket, 'connect');
    socket.connect();
    await Promise.race([connected, refused]);
    return socket;
  }
}

/** The next event of this name that a socket hears. */
export function nextOf(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, resolve));
}
