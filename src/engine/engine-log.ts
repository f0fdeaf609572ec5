import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createLogger, type Logger, type LogLevel } from '../base/index.ts';

const MAX_BYTES = 10 * 1024 * 1024;

/**
 * A logger that appends JSON lines to a file and moves it to `<path>.1` at 10 MB. Written synchronously, so that the last line before a
 * crash is there; a full disk loses lines, never the engine.
 */
export function createFileLogger(path: string, level: LogLevel = 'info', maxBytes = MAX_BYTES): Logger {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let fd = openSync(path, 'a', 0o600);
  let size = fstatSync(fd).size;
  const rotate = (): void => {
    closeSync(fd);
    renameSync(path, `${path}.1`);
    fd = openSync(path, 'a', 0o600);
    size = 0;
  };
  return createLogger((line) => {
    try {
      if (size > maxBytes) rotate();
      size += writeSync(fd, line);
    } catch {
      // there is nowhere left to say it
    }
  }, level);
}
