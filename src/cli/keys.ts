/** Single keys from our terminal, for commands that are attached to something. */
import type { Cli } from './context.ts';

const CTRL_C = '\x03';

/**
 * Listens for keys until the returned function gives the terminal back. Ctrl-C stays what it is: in raw mode the kernel no longer makes a
 * signal of it, so we do.
 * @returns undefined when there is no terminal on both sides
 */
export function listenForKeys(cli: Pick<Cli, 'stdin' | 'stdout'>, onKey: (key: string) => void): (() => void) | undefined {
  if (!cli.stdin.isTerminal || !cli.stdout.isTerminal) return undefined;
  const stdin = cli.stdin.stream();
  const listen = (typed: Buffer): void => {
    for (const key of typed.toString('latin1')) {
      if (key === CTRL_C) process.kill(process.pid, 'SIGINT');
      else onKey(key);
    }
  };
  stdin.setRawMode(true);
  stdin.on('data', listen);
  return () => {
    stdin.off('data', listen);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
