/**
 * Signals one process. @throws Error for what is no pid of one process, as the 0 of a container that does not run or of an answer that
 * did not come: for kill(2) that is the group of the test run itself, and of whatever started it
 */
export function signalPid(pid: number | undefined, signal: NodeJS.Signals | 0 = 'SIGKILL'): void {
  if (pid === undefined || !Number.isInteger(pid) || pid <= 1) throw new Error(`there is no process ${pid} to signal`);
  process.kill(pid, signal);
}
