import type { WatchOptions, WatchReport } from '../controller/index.ts';
import type { Cli } from './context.ts';
import { sanitize } from './render/text.ts';

const SHOWN_PATHS = 3;

/** Tells on stderr what `watch` does. */
export function watchReporter(cli: Cli): Required<Pick<WatchOptions, 'onReady' | 'onReaction'>> {
  return {
    onReady: () => void cli.stderr.write('Watch enabled\n'),
    onReaction: (report) => void cli.stderr.write(`${lineOf(cli, report)}\n`),
  };
}

function lineOf(cli: Cli, { service, action, paths, error }: WatchReport): string {
  const done = { sync: 'synced', rebuild: 'rebuilt', restart: 'restarted', exec: 'ran its hook' }[action];
  const shown = paths.slice(0, SHOWN_PATHS).map(sanitize).join(', ');
  const more = paths.length > SHOWN_PATHS ? ` and ${paths.length - SHOWN_PATHS} more` : '';
  if (error !== undefined) return `${cli.err.bold(service)}: ${cli.err.red(`${action} failed`)}: ${sanitize(error)}`;
  return `${cli.err.bold(service)}: ${done}${shown === '' ? '' : ` ${shown}${more}`}`;
}
