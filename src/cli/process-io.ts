/** Our own standard streams as a process in a container gets them. */
import { fstatSync } from 'node:fs';
import { Writable } from 'node:stream';
import type { ProcessStreams } from '../controller/index.ts';
import { UserError } from '../base/index.ts';
import type { Cli } from './context.ts';
import { OutputClosed, type Output } from './output.ts';

export interface ProcessIoOptions {
  /** The process has a terminal: ours is put into raw mode, and its size is passed on. */
  readonly tty: boolean;
  readonly stdin: boolean;
  /** Ctrl-C and the like go to the process instead of ending us. With a terminal, keys go there anyway. */
  readonly signals?: boolean;
}

export interface ProcessIo {
  readonly streams: ProcessStreams;
  /** Puts the terminal back as it was. Safe to call twice. */
  close(): void;
}

/** @throws UserError when a terminal is asked for and ours is none */
export function openProcessIo(cli: Cli, options: ProcessIoOptions): ProcessIo {
  const stdin = options.stdin && !isNullDevice(0) ? cli.stdin.stream() : undefined;
  if (options.tty && stdin && !cli.stdin.isTerminal) {
    throw new UserError('the input device is not a TTY', { code: 'terminal.missing', hint: 'use -T' });
  }
  const isRaw = options.tty && stdin !== undefined;
  if (isRaw) stdin.setRawMode(true);
  let isOpen = true;
  return {
    streams: {
      ...(stdin && { stdin }),
      stdout: writable(cli, cli.stdout),
      stderr: writable(cli, cli.stderr),
      ...(options.tty && { terminal: { size: () => terminalSize(), onResize } }),
      ...(options.signals && { onSignal: (listener: (signal: string) => void) => cli.interrupts.handle((_, name) => listener(name)) }),
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      if (isRaw) stdin.setRawMode(false);
      stdin?.pause();
    },
  };
}

function terminalSize(): { h: number; w: number } {
  return { h: process.stdout.rows || 24, w: process.stdout.columns || 80 };
}

function onResize(listener: () => void): () => void {
  process.stdout.on('resize', listener);
  return () => process.stdout.off('resize', listener);
}

/** /dev/null is an input without content; finding that out here saves loading Node's stream for it. */
function isNullDevice(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && stat.rdev === 0x103; // major 1, minor 3
  } catch {
    return true; // closed
  }
}

const SIGPIPE_EXIT = 141;

function writable(cli: Cli, output: Output): Writable {
  const stream = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        const written = output.write(chunk);
        if (written) written.then(() => done(), done);
        else done();
      } catch (error) {
        done(error as Error); // write throws nothing but errors
      }
    },
  });
  stream.on('error', (error) => {
    if (error instanceof OutputClosed) cli.interrupts.exitNow(SIGPIPE_EXIT);
  });
  return stream;
}
