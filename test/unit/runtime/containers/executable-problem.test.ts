import { describe, expect, it } from 'vitest';
import { executableProblem } from '../../../../src/runtime/containers/executable-problem.ts';

describe('a command that cannot be run is told in the words of runc', () => {
  it.each([
    ['runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH', 'exec: "nope": executable file not found in $PATH'],
    ['executable file `nope` not found in $PATH: No such file or directory', 'exec: "nope": executable file not found in $PATH'],
    ['executable file `/nope` not found in $PATH: No such file or directory', 'exec: "/nope": stat /nope: no such file or directory'],
    ['executable file `/nope` not found: No such file or directory', 'exec: "/nope": stat /nope: no such file or directory'],
    ['open executable: Permission denied', 'exec: "cmd": permission denied'],
    ['the path `/etc/passwd` exists but it is not executable: Operation not permitted', 'exec: "/etc/passwd": permission denied'],
    ['the path `/etc` is not a regular file: Operation not permitted', 'exec: "/etc": is a directory'],
    ['exec /bad: Exec format error', 'exec: "cmd": exec format error'],
  ])('%s', (message, expected) => expect(executableProblem(message, 'cmd')).toBe(expected));

  it.each(['mount `proc`: Permission denied', 'cannot set memory limit: Device or resource busy'])('not %s', (message) => {
    expect(executableProblem(message, 'cmd')).toBeUndefined();
  });
});
