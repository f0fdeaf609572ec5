#!/bin/sh
':' //; [ -z "$NODE_EXTRA_CA_CERTS" ] || { export TSCOMPOSE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"; unset NODE_EXTRA_CA_CERTS; }; exec node -- "$0" "$@"
'use strict';
/**
 * A shell script whose one line starts this very file with Node, to which that line is a string and a comment. Node 20 reads the
 * certificates of NODE_EXTRA_CA_CERTS, where that is set, before it runs anything: 45 ms for Debian's bundle, as long as the rest of a
 * short command. So the variable is put aside; here it comes back for everybody else. The engine reads the file when it needs it.
 * The `--` is for Node too: without it, it takes our --env-file for its own, up to a NODE_OPTIONS in that file.
 *
 * Starts cli.cjs with V8's compiled code from a cache. The build replaces @BUNDLE@ by the bundle's digest.
 *
 * Why a cache of our own and not module.enableCompileCache(): medians of 31 runs of `version` on a 2-core machine, CPU ms:
 *   Node 20.20: empty script 83, bundle 93, this cache 86;   Node 24.21: empty 30, bundle 52, Node's cache 44, this cache 38.
 *
 * A cache costs time in proportion to the code in it (950 kB: 4.5 ms), so the common commands have one of their own.
 * The build leaves caches next to the bundle for the Node that built. Any other Node gets them in the user's cache folder when a command
 * ends that had none. A cache that is missing, damaged or of another V8 is ignored without a word.
 */
if (process.env.TSCOMPOSE_EXTRA_CA_CERTS) {
  process.env.NODE_EXTRA_CA_CERTS = process.env.TSCOMPOSE_EXTRA_CA_CERTS;
  delete process.env.TSCOMPOSE_EXTRA_CA_CERTS;
}

const fs = require('fs');
const vm = require('vm');

const BUNDLE = '@BUNDLE@';
const COMMON = ['ps', 'up', 'exec', 'logs', 'config', 'down', 'build']; // a wrong guess (a project called "up") costs a little time only
const command = process.argv.slice(2).find((arg) => COMMON.includes(arg)) || 'other';
const file = `${__dirname}/cli.cjs`;
const flags = `${process.execArgv.join(' ')}${process.env.NODE_OPTIONS || ''}`.replace(/\W/g, ''); // flags of V8 make other code
const name = `cli-${BUNDLE}-${process.version}-${process.arch}-${command}${flags && `-${flags.slice(0, 100)}`}.v8`;

const off = Boolean(process.env.NODE_DISABLE_COMPILE_CACHE);
const home = process.env.XDG_CACHE_HOME || (process.env.HOME && `${process.env.HOME}/.cache`);
const folder = !off && home && home.startsWith('/') ? `${home}/tscompose` : undefined;

const source = fs.readFileSync(file, 'latin1'); // ASCII: the bundler escapes the rest
let cachedData = off ? undefined : readCache(`${__dirname}/${name}`);
const shipped = cachedData !== undefined;
if (cachedData === undefined && folder !== undefined) cachedData = readCache(`${folder}/${name}`);

const script = new vm.Script(source, { filename: file, cachedData });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, file, __dirname);
module_.exports.main(__dirname, () => {
  if (folder === undefined || shipped || (cachedData !== undefined && !script.cachedDataRejected)) return;
  try {
    writeCache();
  } catch {
    // a cache folder that cannot be written to costs a few milliseconds, and nothing else
  }
});

/** Only a file that nobody but root or this user can have written: its content is executed. */
function readCache(path) {
  let fd;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    const stat = fs.fstatSync(fd);
    if ((stat.uid !== 0 && stat.uid !== process.geteuid()) || (stat.mode & 0o022) !== 0) return undefined;
    return fs.readFileSync(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function writeCache() {
  // one by one: { recursive: true } loops for ever below /proc (Node 20), and a home that does not exist is not ours to make
  for (const path of [home, folder]) if (!fs.existsSync(path)) fs.mkdirSync(path, { mode: 0o700 });
  const temporary = `${folder}/.${name}.${process.pid}`;
  fs.writeFileSync(temporary, script.createCachedData(), { mode: 0o600, flag: 'wx' });
  fs.renameSync(temporary, `${folder}/${name}`);
  for (const old of fs.readdirSync(folder)) if (/^cli-.*\.v8$/.test(old) && !old.includes(BUNDLE)) fs.unlinkSync(`${folder}/${old}`);
}
