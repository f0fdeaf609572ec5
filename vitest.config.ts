import { defineConfig } from 'vitest/config';

/**
 * Two projects. `unit` is pure and takes seconds; `kernel` makes real containers and needs root.
 * Kernel tests run one file at a time: they share one machine's bridges, ports and memory.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/property/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'kernel',
          include: ['test/{contract,differential,e2e,kernel,terminal}/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
          // Real time on a shared machine: what fails once is tried again in CI, and what fails three times is broken.
          retry: process.env['CI'] === 'true' ? 2 : 0,
          pool: 'forks',
        },
      },
    ],
  },
});
