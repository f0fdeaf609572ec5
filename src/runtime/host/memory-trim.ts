import { readFileSync } from 'node:fs';
import { loadLibrary } from './libc.ts';

const MADV_DONTNEED = 4;
let madvise: ((address: number, length: number, advice: number) => number) | undefined; // a handle to the C library, not state

/**
 * Gives back the pages of programs and libraries that this process has mapped but does not use at the moment; what it needs again
 * comes from the page cache. Two thirds of an idle Node process is that.
 *
 * Only mappings without a private copy of any page are touched: dropping a relocated page would lose the relocation.
 */
export function dropFilePages(): void {
  madvise ??= loadLibrary('libc.so.6').func('int madvise(unsigned long address, size_t length, int advice)') as (a: number, l: number, v: number) => number;
  const call = madvise;
  for (const block of readFileSync('/proc/self/smaps', 'utf8').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ \d+ +\//.exec(block);
    if (!match || !/^Anonymous: +0 kB$/m.test(block)) continue;
    const start = Number.parseInt(match[1] ?? '', 16);
    call(start, Number.parseInt(match[2] ?? '', 16) - start, MADV_DONTNEED);
  }
}
