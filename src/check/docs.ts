import { RULES } from './registry.ts';
import type { Rule } from './rule.ts';
import { SETTINGS_FILE } from './settings.ts';

/** The text of docs/check-rules.md. */
export function rulesDocument(): string {
  const rows = RULES.map(({ id, level, fixable, summary }) => `| [\`${id}\`](#${anchorOf(id)}) | ${level} | ${fixable ? 'yes' : ''} | ${summary} |`);
  return `${INTRODUCTION}
| rule | level | --fix | finds |
|---|---|---|---|
${rows.join('\n')}

${RULES.map(sectionOf).join('\n')}`;
}

function anchorOf(id: string): string {
  return id.toLowerCase().replaceAll('.', '');
}

function sectionOf({ id, level, why, summary, fixable }: Rule): string {
  return `## ${id}\n\n${summary[0]?.toUpperCase()}${summary.slice(1)}. Level: ${level}${fixable ? '; `--fix` mends it' : ''}.\n\n${why}\n`;
}

const INTRODUCTION = `# Rules of \`tscompose check\`

\`tscompose check [FILE...]\` reports what the loader finds, and what these rules find beyond that. A failure is an error, with \`--strict\` also a
warning; \`info\` never fails. Exit codes: 0 clean, 1 problems, 2 wrong usage.

Switch a rule off on one line, in one file, or for a tree of folders:

\`\`\`yaml
services:
  web:
    image: nginx   # tscompose-check: disable=image.untagged
    # tscompose-check: disable=security.privileged, port.interfaces
    privileged: true
# tscompose-check: disable-file=unused.*
\`\`\`

\`\`\`yaml
# ${SETTINGS_FILE}, in the folder of the Compose file or above it
rules:
  image.latest: error      # error, warning, info or off
  security.*: off
\`\`\`

Errors of the loader (\`yaml.*\`, \`schema.*\`, \`merge.*\`, ...) cannot be switched off: without a valid file there is no project.

<!-- Made from src/check/registry.ts: npx vitest run --project unit test/unit/check/docs.test.ts -u -->
`;
