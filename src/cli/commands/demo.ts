/** `demo`: brings up the quickstart example and shows a newcomer around, by the commands that one would type oneself. */
import { spawn } from 'node:child_process';
import { accessSync, constants, copyFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ExitCode, UserError } from '../../base/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';

const DEFAULT_PORT = '8080';

export async function run(cli: Cli, _input: CommandInput): Promise<number> {
  const directory = resolve(cli.home, '..', 'examples', 'quickstart');
  const port = cli.env['QUICKSTART_PORT'] ?? DEFAULT_PORT;
  const doctor = await step(cli, directory, ['doctor', '--fix', '--with', 'busybox']);
  if (doctor !== ExitCode.ok) return doctor;
  provideBusybox(directory);
  for (const args of [['up', '-d', '--build', '--wait'], ['ps']]) {
    const exitCode = await step(cli, directory, args);
    if (exitCode !== ExitCode.ok) return exitCode;
  }
  await showPage(cli, `http://127.0.0.1:${port}/`);
  await step(cli, directory, ['logs', '--tail', '3']);
  cli.stdout.write(
    `\n${cli.out.bold('It runs.')} Look at http://127.0.0.1:${port}/ in a browser; then, in ${directory}:\n` +
      '  tscompose logs -f       follow the output\n' +
      '  tscompose exec web sh   a shell in a container\n' +
      '  tscompose down -v       take it down, its volume included\n' +
      `From a checkout, ${cli.out.bold('tscompose')} is: ${join(cli.home, 'tscompose.cjs')}\n`,
  );
  return ExitCode.ok;
}

/** The image's only foreign part: the host's static busybox. */
function provideBusybox(directory: string): void {
  const source = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (!source) {
    throw new UserError('busybox is missing: the quickstart image is made of it', { code: 'demo.busybox', hint: 'apt-get install busybox-static' });
  }
  const target = join(directory, 'base', 'busybox');
  try {
    copyFileSync(source, target);
    accessSync(target, constants.X_OK);
  } catch (error) {
    throw new UserError(`cannot write ${target}`, { code: 'demo.directory', cause: error, hint: `copy ${directory} to a folder of yours and run "tscompose up" there` });
  }
}

/** Shows the command as one would type it, runs it with our own streams, and gives its exit code. */
function step(cli: Cli, cwd: string, args: readonly string[]): Promise<number> {
  cli.stdout.write(`\n${cli.out.dim('$')} ${cli.out.bold(`tscompose ${args.join(' ')}`)}\n`);
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(cli.home, 'tscompose.cjs'), ...args], { cwd, env: cli.env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', failed);
    child.on('exit', (code) => done(code ?? ExitCode.failure));
  });
}

/** Asks until the writer service has written its first page; the plain page is fine when it is late. */
async function showPage(cli: Cli, url: string): Promise<void> {
  cli.stdout.write(`\n${cli.out.dim('$')} ${cli.out.bold(`curl ${url}`)}\n`);
  let text = '';
  for (const end = Date.now() + 5000; Date.now() < end; await new Promise((next) => setTimeout(next, 100))) {
    text = await (await fetch(url)).text();
    if (text.includes('Page ')) break;
  }
  cli.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}
