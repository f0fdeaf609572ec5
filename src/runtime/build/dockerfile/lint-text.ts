/** Checks that need only the statements as written. @see Docker's "Build checks" reference */
import type { LintFinding } from './ast.ts';
import { parseJsonList } from './forms.ts';
import { parseKeyValues } from './key-values.ts';
import { splitKeyword, type Lexed, type Statement } from './lexer.ts';
import { splitBlanks } from './words.ts';

type Report = (rule: string, message: string, statement: Statement) => void;

/** Expects statements that parsed. */
export function lintStatements(lexed: Lexed): LintFinding[] {
  const findings: LintFinding[] = [];
  const report: Report = (rule, message, { span }) => findings.push({ rule, message, span });
  lintKeywordCasing(lexed.statements, report);
  lintShellForms(lexed.statements, report);
  for (const statement of lexed.statements) {
    lintFrom(statement, report);
    lintOldForms(statement, lexed.directives.escape, report);
    lintExpose(statement, report);
  }
  lintDescriptions(lexed, report);
  return findings;
}

function lintKeywordCasing(statements: readonly Statement[], report: Report): void {
  const lower = statements.filter(({ keyword }) => keyword === keyword.toLowerCase()).length;
  const upper = statements.filter(({ keyword }) => keyword === keyword.toUpperCase()).length;
  const majority = lower > upper ? 'lowercase' : 'uppercase';
  for (const statement of statements) {
    const wanted = majority === 'lowercase' ? statement.keyword.toLowerCase() : statement.keyword.toUpperCase();
    if (statement.keyword !== wanted) {
      report('ConsistentInstructionCasing', `Command '${statement.keyword}' should match the case of the command majority (${majority})`, statement);
    }
  }
}

function lintFrom(statement: Statement, report: Report): void {
  if (statement.keyword.toUpperCase() !== 'FROM') return;
  const words = splitBlanks(statement.rest).filter((word) => !word.startsWith('--'));
  const [, as, name] = words;
  if (as === undefined || name === undefined) return;
  const isLower = (text: string): boolean => text === text.toLowerCase();
  if (isLower(as) !== isLower(statement.keyword) && as.toUpperCase() === 'AS') {
    report('FromAsCasing', `'${as}' and '${statement.keyword}' keywords' casing do not match`, statement);
  }
  if (!isLower(name)) report('StageNameCasing', `Stage name '${name}' should be lowercase`, statement);
  if (['context', 'scratch'].includes(name.toLowerCase())) {
    report('ReservedStageName', `Stage name should not use the same name as reserved stage ${JSON.stringify(name.toLowerCase())}`, statement);
  }
}

/** Signals do not reach a command that runs below a shell, unless the author chose the shell. */
function lintShellForms(statements: readonly Statement[], report: Report): void {
  let ownShell = false;
  for (const statement of statements) {
    const keyword = statement.keyword.toUpperCase();
    if (keyword === 'FROM') ownShell = false;
    if (keyword === 'SHELL') ownShell = true;
    if ((keyword === 'CMD' || keyword === 'ENTRYPOINT') && !ownShell && !parseJsonList(statement.rest)) {
      report('JSONArgsRecommended', `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`, statement);
    }
  }
}

function lintOldForms(statement: Statement, escape: '\\' | '`', report: Report): void {
  const keyword = statement.keyword.toUpperCase();
  if (keyword === 'MAINTAINER') report('MaintainerDeprecated', 'Maintainer instruction is deprecated in favor of using label', statement);
  if ((keyword === 'ENV' || keyword === 'LABEL') && parseKeyValues(keyword, statement.rest, escape).legacy) {
    report('LegacyKeyValueFormat', `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`, statement);
  }
}

function lintExpose(statement: Statement, report: Report): void {
  if (statement.keyword.toUpperCase() !== 'EXPOSE') return;
  for (const port of splitBlanks(statement.rest)) {
    const [spec = '', protocol] = port.split('/');
    if (protocol !== undefined && !protocol.includes('$') && protocol !== protocol.toLowerCase()) {
      report('ExposeProtoCasing', `Defined protocol '${port}' in EXPOSE instruction should be lowercase`, statement);
    }
    if (spec.replace(/\$\{[^}]*\}/g, '').includes(':')) {
      report('ExposeInvalidFormat', `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`, statement);
    }
  }
}

/** A comment right above a named FROM or an ARG describes it, when it starts with its name. Opt-in, as in Docker. */
function lintDescriptions(lexed: Lexed, report: Report): void {
  if (!/\bexperimental=(?:all|.*InvalidDefinitionDescription)/i.test(lexed.directives.check ?? '')) return;
  for (const statement of lexed.statements) {
    const above = lexed.source.lines[statement.span.line - 2]?.trim() ?? '';
    const name = definedName(statement);
    if (name === undefined || !above.startsWith('#') || statement.span.line === 1) continue;
    if (splitKeyword(above.replace(/^#\s*/, '')).keyword === name) continue;
    const what = statement.keyword.toUpperCase() === 'FROM' ? 'build stage' : 'ARG';
    report('InvalidDefinitionDescription', `Comment for ${what} should follow the format: \`# ${name} <description>\``, statement);
  }
}

function definedName(statement: Statement): string | undefined {
  const words = splitBlanks(statement.rest).filter((word) => !word.startsWith('--'));
  const keyword = statement.keyword.toUpperCase();
  if (keyword === 'FROM') return words[2];
  return keyword === 'ARG' ? words[0]?.split('=')[0] : undefined;
}
