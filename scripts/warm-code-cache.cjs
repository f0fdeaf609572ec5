'use strict';
/**
 * Runs commands of dist/cli.cjs inside this process, so that V8 has compiled what they use, and writes the code cache that the
 * launcher looks for. The engine they talk to is a socket that answers every list with nothing.
 *
 *   node warm-code-cache.cjs DIST CACHE_FILE COMPOSE_FILE COMMAND
 */
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const vm = require('vm');

const [dist, target, composeFile, wanted] = process.argv.slice(2);
const file = path.join(dist, 'cli.cjs');
const script = new vm.Script(fs.readFileSync(file, 'latin1'), { filename: file });
const bundle = { exports: {} };
script.runInThisContext()(bundle.exports, require, bundle, file, dist);

const LISTS = [/\/containers\/json/, /\/networks(\?|$)/, /\/images\/json/];
const server = http.createServer((request, response) => {
  const reply = (status, body) => {
    response.writeHead(status, { 'Content-Type': 'application/json', 'Api-Version': '1.44' });
    response.end(JSON.stringify(body));
  };
  if (LISTS.some((pattern) => pattern.test(request.url))) reply(200, []);
  else if (/\/volumes(\?|$)/.test(request.url)) reply(200, { Volumes: [], Warnings: null });
  else if (/\/build\?/.test(request.url)) request.resume().on('end', () => reply(200, { aux: { ID: 'sha256:0' } }));
  else if (/\/(_ping|version|info)/.test(request.url)) reply(200, { ApiVersion: '1.44' });
  else reply(404, { message: 'not found' });
});

const quiet = { write() {}, isTerminal: false, width: () => undefined, flush: async () => {} };
const interrupts = { abortSignal: () => new AbortController().signal, handle: () => () => {}, exitNow: () => {} };
const stdin = { isTerminal: false, readAll: async () => Buffer.alloc(0), stream: () => process.stdin };

const COMMANDS = {
  ps: [['ps']],
  up: [['up', '-d', '--dry-run']],
  exec: [['exec', '-T', 'web', 'true']],
  logs: [['logs']],
  config: [['config'], ['config', '-q']],
  down: [['down']],
  build: [['build']],
  other: [['version'], ['--help'], ['ls']],
};

async function warm() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tscompose-build-'));
  const socket = path.join(folder, 'engine.sock');
  await new Promise((resolve) => server.listen(socket, resolve));
  const on = ['-H', `unix://${socket}`, '-f', composeFile];
  const commands = COMMANDS[wanted];
  const env = { PATH: process.env.PATH, HOME: folder };
  for (const argv of commands) {
    await bundle.exports.runCli(['config', 'version', '--help'].includes(argv[0]) ? [...on.slice(2), ...argv] : [...on, ...argv], {
      stdout: quiet, stderr: quiet, stdin, cwd: path.dirname(composeFile), env, interrupts, home: dist,
    });
  }
  server.close();
  server.closeAllConnections();
  fs.rmSync(folder, { recursive: true });
  fs.writeFileSync(target, script.createCachedData());
}

warm().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
