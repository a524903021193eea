/** Who is asking. `id` is the `sub` of the token or whatever a host calls its users. */
export interface Caller {
  readonly id: string;
  readonly isSuperuser: boolean;
}

/** What a request or a socket handshake brought along. */
export interface CredentialSource {
  /** The `Authorization` header of an HTTP request. */
  readonly authorization?: string | undefined;
  /** The `auth` object of a Socket.IO handshake; its `token` is what our own clients send. */
  readonly auth?: unknown;
  /** The transport's own request object, for hosts that identify users by cookie or session. */
  readonly request: unknown;
}

/** Tells who is asking, for HTTP and sockets alike. There is no default: without one the module refuses to start. */
export interface Identity {
  /** @throws ProblemError `Unauthorized` when the source does not prove who it is. */
  authenticate(source: CredentialSource): Promise<Caller>;
}

export const IDENTITY = Symbol.for('joblib/Identity');
