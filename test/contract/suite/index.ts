/** One suite for every Engine: what a container engine must do, whoever does it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Engine } from '../../../src/engine-api/index.ts';
import { busyboxTar } from '../../support/busybox-image.ts';
import { title } from '../../support/host.ts';
import { Contract } from './context.ts';
import { fileContract } from './files.ts';
import { lifecycleContract } from './lifecycle.ts';
import { resourceContract } from './resources.ts';
import { streamContract } from './streams.ts';

export interface EngineUnderTest {
  engine: Engine;
  close(): Promise<void>;
}

/** Registers the suite. @param reason  why it cannot run here, or undefined */
export function engineContract(name: string, reason: string | undefined, open: () => Promise<EngineUnderTest>): void {
  describe.skipIf(reason)(title(name, reason), () => {
    const contract = new Contract();
    let under: EngineUnderTest;
    beforeAll(async () => {
      under = await open();
      contract.engine = under.engine;
      const directory = mkdtempSync(join(tmpdir(), 'tsc-contract-'));
      await contract.requireImage(() => {
        busyboxTar(join(directory, 'busybox.tar'));
        return join(directory, 'busybox.tar');
      });
      rmSync(directory, { recursive: true });
    });
    afterAll(async () => {
      if (under === undefined) return;
      await contract.cleanUp();
      await under.close();
    });
    lifecycleContract(contract);
    streamContract(contract);
    resourceContract(contract);
    fileContract(contract);
  });
}
