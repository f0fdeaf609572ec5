/**
 * Entry of the resolver process: `node resolver.mjs <dns directory> [<the host's resolv.conf>]`.
 *
 * It answers names inside every container and holds published ports, so that both go on when the engine is killed or leaves.
 * It prints one line when it is ready. It leaves when it has nothing to serve and no engine is connected, or its directory is gone.
 */
import { appendFileSync, openSync, statSync, truncateSync } from 'node:fs';
import { errorMessage } from '../../../base/index.ts';
import { flock, LOCK } from '../../host/libc.ts';
import { trimWhenIdle } from '../../host/memory-trim.ts';
import { sandboxDirectory } from '../records.ts';
import { Control } from './control.ts';
import { controlSocket, resolverLock, resolverLog } from './protocol.ts';
import { LiveSandboxes } from './sandboxes.ts';
import { Upstream } from './upstream.ts';
import { Zones } from './zones.ts';

const IDLE_CHECK_MS = 1000;
/** An engine that is restarted finds the process again. */
const LINGER_MS = 500;
const LOG_MAX = 1 << 20;

/**
 * The directory by what it is, not by its path: with the last container its file system is unmounted, and the next engine mounts a new one
 * at the same path. Who went by the path would take the new resolver's socket away when it leaves, or serve its sandboxes.
 */
const HERE = '.';

/** False once the directory was deleted, or another file system was mounted over it. */
function isHere(home: string): boolean {
  const [there, here] = [statSync(home, { throwIfNoEntry: false }), statSync(HERE)];
  return there?.ino === here.ino && there.dev === here.dev;
}

async function main(home: string, hostResolvFile: string | undefined): Promise<void> {
  process.umask(0o077); // a socket is its owner's alone from the moment it exists
  process.chdir(home);
  const lock = openSync(resolverLock(HERE), 'a', 0o600);
  if (!flock(lock, LOCK.EX | LOCK.NB)) return; // another one serves this run root
  const directory = sandboxDirectory({ dnsDir: HERE });
  const log = (message: string) => writeLog(resolverLog(HERE), message);
  let isReady = false;
  const sandboxes = new LiveSandboxes(directory, { zones: new Zones(), upstream: new Upstream(hostResolvFile), log });
  const leave = () => {
    control.close();
    sandboxes.close();
    process.exit(0);
  };
  const leaveWhenIdle = () => {
    if (!isHere(home) || (control.connections === 0 && sandboxes.size === 0)) leave();
  };
  // An engine that was killed between removing a record and saying so would leave its names and ports behind.
  const catchUp = (): void => void sandboxes.sync().catch((error: unknown) => log(`cannot read the records: ${errorMessage(error)}`));
  const onDisconnect = (): void => {
    catchUp();
    setTimeout(leaveWhenIdle, LINGER_MS);
  };
  const control = new Control({ directory, sandboxes, exit: leave, onDisconnect });
  process.on('uncaughtException', (error) => {
    log(`unexpected: ${error.stack ?? errorMessage(error)}`);
    if (!isReady) process.exit(1); // whoever waits for it is told, and tries again
  });
  process.on('SIGHUP', () => {});
  process.on('SIGTERM', leave);
  for (const [id, result] of Object.entries(await sandboxes.sync())) {
    if (result.error) log(`${id.slice(0, 12)}: ${result.error.message}`);
  }
  await control.listen(controlSocket(HERE));
  isReady = true;
  process.stdout.on('error', () => {}); // the engine may be gone already
  process.stdout.write('ready\n');
  trimWhenIdle();
  setInterval(leaveWhenIdle, IDLE_CHECK_MS);
}

function writeLog(file: string, message: string): void {
  try {
    appendFileSync(file, `${new Date().toISOString()} ${message}\n`, { mode: 0o600 });
    if (statSync(file).size > LOG_MAX) truncateSync(file, 0);
  } catch {
    // no room or no directory: names go on working without a log
  }
}

const home = process.argv[2];
if (home === undefined) {
  process.stderr.write('usage: resolver <dns directory> [<resolv.conf>]\n');
  process.exitCode = 2;
} else {
  main(home, process.argv[3]).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
}
