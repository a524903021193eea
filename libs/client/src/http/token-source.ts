import { ServerUnreachableError } from './errors.js';

/** A bearer token, or a function that is asked for one: at the first call, and again after a 401. */
export type TokenOption = string | (() => string | Promise<string>);

/** Remembers the token until somebody is refused with it; many who are refused at once ask for one new token. */
export class TokenSource {
  #current: Promise<string> | null = null;

  constructor(private readonly token: TokenOption) {}

  /** @throws ServerUnreachableError when the function fails; the next call asks it again. */
  get(): Promise<string> {
    if (this.#current !== null) return this.#current;
    const asked = this.#ask();
    this.#current = asked;
    asked.catch(() => {
      if (this.#current === asked) this.#current = null;
    });
    return asked;
  }

  /** Forgets `refused` if it is still the current one. @returns whether there is any hope of another. */
  async renew(refused: string): Promise<boolean> {
    if (typeof this.token === 'string') return false;
    if ((await this.get()) === refused) this.#current = null;
    return true;
  }

  async #ask(): Promise<string> {
    try {
      return typeof this.token === 'string' ? this.token : await this.token();
    } catch (error) {
      throw new ServerUnreachableError('The token could not be had: the function given as `token` failed.', { cause: error });
    }
  }
}
