import type { ArgInstruction, Dockerfile, FromInstruction, Instruction, LintFinding, Span, Stage } from './ast.ts';
import { DockerfileError, DockerfileMistake } from './errors.ts';
import { parseInstruction } from './instructions.ts';
import { lexDockerfile, type Lexed } from './lexer.ts';
import { lintStatements } from './lint-text.ts';

/**
 * Parses a Dockerfile.
 * @param path  as it shall appear in messages
 * @throws DockerfileError with file, line and an excerpt
 */
export function parseDockerfile(text: string, path = 'Dockerfile'): Dockerfile {
  const lexed = lexDockerfile(text, path);
  const globalArgs: ArgInstruction[] = [];
  const stages: { index: number; name: string | undefined; from: FromInstruction; instructions: Instruction[] }[] = [];
  for (const instruction of parseAll(lexed)) {
    const stage = stages.at(-1);
    if (instruction.kind === 'from') stages.push({ index: stages.length, name: instruction.name, from: instruction, instructions: [] });
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === 'arg') globalArgs.push(instruction);
    else throw new DockerfileError(`no build stage in current context: the first instruction must be FROM, not ${instruction.keyword}`, lexed.source, instruction.span);
  }
  requireStage(lexed, stages);
  const findings: LintFinding[] = [...lexed.findings, ...lintStatements(lexed)];
  return { path, directives: lexed.directives, globalArgs, stages, source: lexed.source, findings };
}

function requireStage(lexed: Lexed, stages: readonly Stage[]): void {
  if (stages.length > 0) return;
  const place = { line: 1, endLine: 1 };
  const empty = lexed.statements.length === 0;
  throw new DockerfileError(empty ? 'the Dockerfile cannot be empty' : 'no build stage: there is no FROM', lexed.source, place);
}

/**
 * Instructions without a FROM: ONBUILD triggers and `--change` options.
 * @throws DockerfileError
 */
export function parseInstructions(text: string, path: string): Instruction[] {
  const lexed = lexDockerfile(text, path);
  return parseAll(lexed).map((instruction) => {
    if (instruction.kind === 'from') throw new DockerfileError('FROM is not allowed here', lexed.source, instruction.span);
    return instruction;
  });
}

function parseAll(lexed: Lexed): (FromInstruction | Instruction)[] {
  return lexed.statements.map((statement) => atPlace(lexed, statement.span, () => parseInstruction(statement, lexed.directives.escape)));
}

/** Runs `body`; a mistake in it is reported at `span`. */
function atPlace<T>(lexed: Lexed, span: Span, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof DockerfileMistake)) throw error;
    throw new DockerfileError(error.message, lexed.source, span, { cause: error });
  }
}
