/** Runs nft scripts: libnftables in this process, on a pool thread, or the `nft` program where the library is missing. */
import { spawn } from 'node:child_process';
import { errorMessage } from '../../base/index.ts';
import { loadLibrary } from './libc.ts';

type Call = (...args: unknown[]) => number;
type AsyncCall = { async(...args: [...unknown[], (error: Error | null, result: number) => void]): void };

interface Library {
  run(script: string): Promise<{ code: number; errors: string; output: string }>;
}

const TIMEOUT_MS = 20_000;

/** A script that nft refused. Nothing of it was applied. */
export class NftError extends Error {
  constructor(message: string) {
    super(`nft: ${message}`);
    this.name = 'NftError';
  }
}

/** One at a time; a script is one transaction. The host's network namespace is that of the process. */
export class Nft {
  #library: Library | undefined | null;
  #tail: Promise<unknown> = Promise.resolve();

  /** @returns what the script printed (`list …`) @throws NftError with nft's own words */
  run(script: string): Promise<string> {
    const result = this.#tail.then(() => this.#run(script));
    this.#tail = result.catch(() => {});
    return result;
  }

  async #run(script: string): Promise<string> {
    this.#library ??= openLibrary();
    if (!this.#library) return runProgram(script);
    const { code, errors, output } = await this.#library.run(script);
    if (code !== 0) throw new NftError(errors.trim() || `exit code ${code}`);
    return output;
  }
}

function openLibrary(): Library | null {
  try {
    const library = loadLibrary('libnftables.so.1');
    const create = library.func('void *nft_ctx_new(uint32_t flags)');
    const bufferErrors = library.func('int nft_ctx_buffer_error(void *ctx)');
    const bufferOutput = library.func('int nft_ctx_buffer_output(void *ctx)');
    const errorText = library.func('const char *nft_ctx_get_error_buffer(void *ctx)') as unknown as (ctx: unknown) => string | null;
    const outputText = library.func('const char *nft_ctx_get_output_buffer(void *ctx)') as unknown as (ctx: unknown) => string | null;
    const run = library.func('int nft_run_cmd_from_buffer(void *ctx, const char *script)') as Call & AsyncCall;
    const context: unknown = create(0);
    bufferErrors(context);
    bufferOutput(context);
    return {
      run: (script) =>
        new Promise((resolve, reject) => {
          run.async(context, script, (error, code) => {
            if (error) reject(error);
            else resolve({ code, errors: errorText(context) ?? '', output: outputText(context) ?? '' });
          });
        }),
    };
  } catch {
    return null;
  }
}

function runProgram(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
    const collect = { output: '', errors: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (collect.output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (collect.errors += text));
    child.on('error', (error) => reject(new NftError(`cannot run nft: ${errorMessage(error)}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(collect.output);
      else reject(new NftError(collect.errors.trim() || `ended with ${code ?? signal}`));
    });
    child.stdin.on('error', () => {}); // the exit code tells
    child.stdin.end(script);
  });
}
