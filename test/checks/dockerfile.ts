import { DockerfileParser, JSONInstruction } from 'dockerfile-ast';
import type { Copy, Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';

/** One instruction, its flags apart. */
export interface Step {
  /** In capitals. */
  readonly keyword: string;
  readonly words: readonly string[];
}

/** What a `COPY` takes along. */
export interface CopyStep {
  /** The stage that it is taken from; `null` for the folder that is built. */
  readonly from: string | null;
  readonly sources: readonly string[];
}

/** What the linter has against a Dockerfile. */
export function dockerfileDefects(text: string): string[] {
  return validate(text).map(
    ({ message, range }) => `line ${range.start.line + 1}: ${typeof message === 'string' ? message : message.value}`,
  );
}

export function stepsOf(text: string): Step[] {
  return DockerfileParser.parse(text)
    .getInstructions()
    .map((instruction) => ({ keyword: instruction.getKeyword(), words: wordsOf(instruction) }));
}

export function copiesOf(text: string): CopyStep[] {
  return DockerfileParser.parse(text)
    .getInstructions()
    .filter((instruction): instruction is Copy => instruction.getKeyword() === 'COPY')
    .map((copy) => ({
      from: copy.getFromFlag()?.getValue() ?? null,
      sources: wordsOf(copy)
        .filter((word) => !word.startsWith('--'))
        .slice(0, -1),
    }));
}

/** Words of the exec form (`["node", "x"]`) without its punctuation. */
function wordsOf(instruction: Instruction): string[] {
  const exec = instruction instanceof JSONInstruction ? instruction.getJSONStrings() : [];
  return exec.length > 0 ? exec.map((word) => word.getJSONValue()) : instruction.getArguments().map((argument) => argument.getValue());
}
