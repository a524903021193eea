/** How many slips of the finger make another word. */
const MAX_SLIPS = 2;

/** The word that was probably meant, or `null`. */
export function nearest(typed: string, words: readonly string[]): string | null {
  const ranked = words.map((word) => ({ word, slips: word.startsWith(typed) && typed.length > 1 ? 0 : slipsBetween(typed, word) }));
  const [best] = ranked.toSorted((a, b) => a.slips - b.slips);
  return best !== undefined && best.slips <= MAX_SLIPS ? best.word : null;
}

/** Letters to add, to leave out or to change (Levenshtein). */
function slipsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
