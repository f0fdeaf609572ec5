import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one line per skipped suite or test, which carries its reason in the title, and the plain totals. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const skipped = new Set<string>();
    for (const module of modules) {
      if (module.state() === 'failed' && [...module.children.allTests()].length === 0) count.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result().state;
        count[result]++;
        if (result === 'skipped') skipped.add(/\(skipped: [^)]*\)/.test(test.fullName) ? test.fullName.replace(/(\(skipped: [^)]*\)).*/, '$1') : test.fullName);
      }
    }
    for (const name of skipped) console.log(`skipped: ${name}`);
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`);
  }
}
