'use strict';
/**
 * Runs common commands of dist/cli.cjs inside one process, so that V8 has compiled what they use, and writes the code cache that
 * the launcher looks for. The engine they talk to is a socket that answers every list with nothing.
 *
 *   node warm-code-cache.cjs DIST CACHE_FILE COMPOSE_FILE
 */
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');
const vm = require('vm');

const [dist, target, composeFile] = process.argv.slice(2);
const TRAILER_BYTES = 512;
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
  else if (/\/(_ping|version|info)/.test(request.url)) reply(200, { ApiVersion: '1.44' });
  else reply(404, { message: 'not found' });
});

const quiet = { write() {}, isTerminal: false, width: () => undefined, flush: async () => {} };
const interrupts = { abortSignal: () => new AbortController().signal, handle: () => () => {}, exitNow: () => {} };
const stdin = { isTerminal: false, readAll: async () => Buffer.alloc(0), stream: () => process.stdin };

async function warm() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tscompose-build-'));
  const socket = path.join(folder, 'engine.sock');
  await new Promise((resolve) => server.listen(socket, resolve));
  const on = ['-H', `unix://${socket}`, '-f', composeFile];
  const commands = [['version'], ['--help'], ['config'], ['config', '-q'], ['up', '-d', '--dry-run'], ['plan'], ['down'], ['ps'], ['ls'], ['logs'], ['exec', '-T', 'web', 'true'], ['stop'], ['images']];
  const env = { PATH: process.env.PATH, HOME: folder };
  for (const argv of commands) {
    await bundle.exports.runCli(['config', 'version', '--help'].includes(argv[0]) ? [...on.slice(2), ...argv] : [...on, ...argv], {
      stdout: quiet, stderr: quiet, stdin, cwd: path.dirname(composeFile), env, interrupts, home: dist,
    });
  }
  server.close();
  server.closeAllConnections();
  fs.rmSync(folder, { recursive: true });
  const names = [...new Set(commands.map(([name]) => name))];
  fs.writeFileSync(target, Buffer.concat([script.createCachedData(), Buffer.from(JSON.stringify(names).padEnd(TRAILER_BYTES))]));
}

warm().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
