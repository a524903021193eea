import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut into several: a program that never ends one takes no more memory than this. */
const MAX_LINE_CHARACTERS = 16_384;

/** Makes lines of what a program writes. */
export class OutputLines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  write(bytes: Buffer): void {
    this.#take(this.#decoder.write(bytes));
  }

  /** What came after the last line's end is a line as well. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#rest !== '') this.onLine(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#tell(line);
    if (this.#rest.length <= MAX_LINE_CHARACTERS) return;
    this.#tell(this.#rest);
    this.#rest = '';
  }

  #tell(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += MAX_LINE_CHARACTERS) this.onLine(line.slice(at, at + MAX_LINE_CHARACTERS));
  }
}
