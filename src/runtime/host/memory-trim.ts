import { readFileSync } from 'node:fs';
import { loadLibrary } from './libc.ts';

const MADV_DONTNEED = 4;
const EVERY_MS = 1000;
/** Share of a processor below which the process has nothing to do. */
const IDLE_SHARE = 0.02;
/** What must have come since the last time to be worth 5 ms: a lot at once, or a little after a while. */
const BURST_BYTES = 16 << 20;
const GROWTH_BYTES = 4 << 20;
const PAUSE_MS = 10_000;

type Call = (...args: number[]) => number;
let calls: { madvise: Call; mallocTrim: Call } | undefined; // handles to the C library, not state

function libc(): { madvise: Call; mallocTrim: Call } {
  if (calls) return calls;
  const library = loadLibrary('libc.so.6');
  calls = {
    madvise: library.func('int madvise(unsigned long address, size_t length, int advice)') as Call,
    mallocTrim: library.func('int malloc_trim(size_t pad)') as Call,
  };
  return calls;
}

/**
 * Gives back the pages of programs and libraries that this process has mapped but does not use at the moment; what it needs again
 * comes from the page cache. Two thirds of an idle Node process is that.
 *
 * Only mappings without a private copy of any page are touched: dropping a relocated page would lose the relocation.
 */
function dropFilePages(): void {
  const { madvise } = libc();
  for (const block of readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \d+ +\//.exec(block);
    if (!match || !/^Anonymous: +0 kB$/m.test(block)) continue;
    const start = Number.parseInt(match[1] ?? '', 16);
    madvise(start, Number.parseInt(match[2] ?? '', 16) - start, MADV_DONTNEED);
  }
}

/**
 * Keeps a process that waits small: whenever it has done next to nothing for a second and has grown since the last time, the
 * allocator's free memory and file pages go back to the system. The next request maps what it needs again, which costs it well under a
 * millisecond.
 * @returns the function that ends it
 */
export function trimWhenIdle(everyMs: number = EVERY_MS): () => void {
  let trimmed = { at: Number.NEGATIVE_INFINITY, to: 0 };
  let cpu = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    const growth = process.memoryUsage.rss() - trimmed.to;
    const isWorthIt = growth > (performance.now() - trimmed.at > PAUSE_MS ? GROWTH_BYTES : BURST_BYTES);
    if (user + system > everyMs * 1000 * IDLE_SHARE || !isWorthIt) return;
    libc().mallocTrim(0);
    dropFilePages();
    trimmed = { at: performance.now(), to: process.memoryUsage.rss() };
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
