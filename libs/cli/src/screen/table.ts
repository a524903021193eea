import { displayWidth, plainText, shortened } from './plain-text.js';
import type { Colour, Paint } from './paint.js';

/** How one value of a row is shown. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly colour?: (row: Row) => Colour;
  readonly align?: 'right';
}

const GAP = '  ';
/** The last column is cut to fit the terminal, but never below this. */
const LEAST_LAST_COLUMNS = 8;

/** Aligned columns under their titles. Rows may come in pages: the columns never get narrower than they were. */
export class Table<Row> {
  readonly #widths: number[];
  #hasTitles = false;

  /** `columns`: of the terminal, or `null` when lines may have any length. */
  constructor(
    private readonly parts: readonly Column<Row>[],
    private readonly paint: Paint,
    private readonly columns: number | null,
  ) {
    this.#widths = parts.map(({ title }) => displayWidth(title));
  }

  /** The lines of these rows, after the titles if they are the first. */
  lines(rows: readonly Row[]): string[] {
    const texts = rows.map((row) => this.parts.map((column) => plainText(column.text(row))));
    for (const cells of texts)
      cells.forEach((cell, index) => (this.#widths[index] = Math.max(this.#widths[index] ?? 0, displayWidth(cell))));
    const body = texts.map((cells, index) => this.#line(cells, this.#coloursOf(rows[index])));
    if (this.#hasTitles) return body;
    this.#hasTitles = true;
    const titles = this.parts.map(({ title }) => title);
    return [
      this.#line(
        titles,
        titles.map(() => 'bold'),
      ),
      ...body,
    ];
  }

  #coloursOf(row: Row | undefined): (Colour | undefined)[] {
    return this.parts.map(({ colour }) => (row === undefined ? undefined : colour?.(row)));
  }

  #line(cells: readonly string[], colours: readonly (Colour | undefined)[]): string {
    const last = cells.length - 1;
    const before = this.#widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
    const space = this.columns === null ? Infinity : Math.max(this.columns - before, LEAST_LAST_COLUMNS);
    const shown = cells.map((cell, index) => {
      const text = index === last ? shortened(cell, space) : cell;
      const colour = colours[index];
      return this.#padded(text, index, colour === undefined ? text : this.paint(text, colour), index === last);
    });
    return shown.join(GAP).trimEnd();
  }

  #padded(text: string, index: number, painted: string, isLast: boolean): string {
    const isRight = this.parts[index]?.align === 'right';
    if (isLast && !isRight) return painted;
    const filling = ' '.repeat(Math.max((this.#widths[index] ?? 0) - displayWidth(text), 0));
    return isRight ? filling + painted : painted + filling;
  }
}
