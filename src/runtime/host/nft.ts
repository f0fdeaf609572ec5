/** Runs nft scripts: libnftables in this process, on a pool thread, or the `nft` program where the library is missing. */
import { spawn } from 'node:child_process';
import { errnoCode, errorMessage } from '../../base/index.ts';
import { loadLibrary } from './libc.ts';

type Call = (...args: unknown[]) => number;
type AsyncCall = { async(...args: [...unknown[], (error: Error | null, result: number) => void]): void };

interface Library {
  run(script: string, json: boolean): Promise<{ code: number; errors: string; output: string }>;
}

const TIMEOUT_MS = 20_000;
const OUTPUT_JSON = 1 << 4;

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
    return this.#enqueue(() => this.#run(script, false));
  }

  /** Runs a `list` command. @returns the objects of nft's JSON output, see libnftables-json(5) */
  async list(command: string): Promise<Record<string, unknown>[]> {
    return objectsOf(await this.#enqueue(() => this.#run(command, true)));
  }

  /**
   * As `run`, for rules among those of others, in a process of its own: expressions of xtables, which iptables leaves there, have made
   * libnftables crash (1.1.3, Debian 13), and the engine with it.
   */
  runAmongOthers(script: string): Promise<string> {
    return this.#enqueue(() => runProgram(script, false));
  }

  /** As `list`, for rules of others. */
  async listOfOthers(command: string): Promise<Record<string, unknown>[]> {
    return objectsOf(await this.#enqueue(() => runProgram(command, true)));
  }

  #enqueue(body: () => Promise<string>): Promise<string> {
    const result = this.#tail.then(body);
    this.#tail = result.catch(() => {});
    return result;
  }

  async #run(script: string, json: boolean): Promise<string> {
    if (this.#library === undefined) this.#library = openLibrary();
    if (!this.#library) return runProgram(script, json);
    const { code, errors, output } = await this.#library.run(script, json);
    if (code !== 0) throw new NftError(errors.trim() || `exit code ${code}`);
    return output;
  }
}

function objectsOf(json: string): Record<string, unknown>[] {
  return (JSON.parse(json) as { nftables: Record<string, unknown>[] }).nftables;
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
    const setOutput = library.func('void nft_ctx_output_set_flags(void *ctx, unsigned int flags)');
    const context: unknown = create(0);
    bufferErrors(context);
    bufferOutput(context);
    return {
      run: (script, json) =>
        new Promise((resolve, reject) => {
          setOutput(context, json ? OUTPUT_JSON : 0);
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

function runProgram(script: string, json: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    // As an argument where the answer matters: 1.0.6 prints nothing for a list that it reads from its input.
    const child = spawn('nft', json ? ['-j', script] : ['-f', '-'], { stdio: ['pipe', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
    const collect = { output: '', errors: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (collect.output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (collect.errors += text));
    child.on('error', (error) => {
      const reason = ['ENOENT', 'EACCES'].includes(errnoCode(error) ?? '') ? 'neither libnftables nor the program nft was found: install the package nftables (tscompose doctor --fix)' : errorMessage(error);
      reject(new NftError(`cannot run nft: ${reason}`));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(collect.output);
      else reject(new NftError(collect.errors.trim() || `ended with ${code ?? signal}`));
    });
    child.stdin.on('error', () => {}); // the exit code tells
    child.stdin.end(json ? undefined : script);
  });
}
