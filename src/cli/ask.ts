import type { Cli } from './context.ts';

/** Asks on stderr; yes is `y` or `yes`. Without a terminal to ask at, the answer is what stdin holds: no when it is empty. */
export async function ask(cli: Cli, question: string): Promise<boolean> {
  void cli.stderr.write(`${question}\nAre you sure? [yN] `);
  const answer = await firstLine(cli);
  if (!cli.stdin.isTerminal) void cli.stderr.write('\n');
  return /^y(es)?$/i.test(answer.trim());
}

async function firstLine(cli: Cli): Promise<string> {
  let text = '';
  for await (const piece of cli.stdin.stream()) {
    text += String(piece);
    if (text.includes('\n')) break;
  }
  return text.split('\n')[0] ?? '';
}
