/** What went wrong with a read, as its reader is told: a problem document. */
export class ReadFailure extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
  ) {
    super(detail);
  }

  /** What any error is to a reader; those that are no `ReadFailure` keep their words to themselves. */
  static documentOf(error: unknown): { status: number; title: string; detail: string } {
    if (error instanceof ReadFailure) return { status: error.status, title: error.title, detail: error.message };
    return { status: 500, title: 'The read failed', detail: 'The provider has the reason in its log.' };
  }
}
