/** A piece of code on a page. */
export interface CodeBlock {
  /** The file that the line above it links to. */
  readonly path: string | undefined;
  readonly code: string;
}

/** Blocks of one language, in order. */
export function codeBlocksOf(markdown: string, language = 'ts'): CodeBlock[] {
  return [...markdown.matchAll(new RegExp(`(.*)\\n\\n?\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, above = '', code = '']) => ({
    path: /\]\(\.\.\/([^)]+)\):$/.exec(above)?.[1],
    code,
  }));
}

/** Lines without what they are indented by. */
export function linesOf(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim());
}

/** Whether the pieces of a block, which `// …` separates, stand in this order in a text, line for line. */
export function isExcerpt(code: string, text: string): boolean {
  const whole = linesOf(text);
  let from = 0;
  return code.split('// …').every((piece) => {
    const wanted = linesOf(piece);
    const at = whole.findIndex((_, index) => index >= from && wanted.every((line, offset) => whole[index + offset] === line));
    from = at + wanted.length;
    return at >= 0;
  });
}
