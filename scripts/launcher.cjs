#!/usr/bin/env node
'use strict';
/**
 * Starts cli.cjs with V8's compiled code from a cache. The build replaces @BUNDLE@ by the bundle's digest.
 *
 * Why a cache of our own and not module.enableCompileCache(): medians of 31 runs of `version` on a 2-core machine, CPU ms:
 *   Node 20.20: empty script 83, bundle 93, this cache 86;   Node 24.21: empty 30, bundle 52, Node's cache 44, this cache 38.
 *
 * The build leaves a cache next to the bundle for the Node that built. Any other Node gets one in the user's cache folder, which grows
 * with each command that is used for the first time. A cache that is missing, damaged or of another V8 is ignored without a word.
 */
const fs = require('fs');
const vm = require('vm');

const BUNDLE = '@BUNDLE@';
const TRAILER_BYTES = 512; // at the end of a cache: the commands whose code it has, as JSON, padded with spaces
const file = `${__dirname}/cli.cjs`;
const name = `cli-${BUNDLE}-${process.version}-${process.arch}.v8`;

const off = Boolean(process.env.NODE_DISABLE_COMPILE_CACHE);
const home = process.env.XDG_CACHE_HOME || (process.env.HOME && `${process.env.HOME}/.cache`);
const folder = !off && home && home.startsWith('/') ? `${home}/tscompose` : undefined;

const source = fs.readFileSync(file, 'latin1'); // ASCII: the bundler escapes the rest
let cache = off ? undefined : readCache(`${__dirname}/${name}`);
const shipped = cache !== undefined;
if (cache === undefined && folder !== undefined) cache = readCache(`${folder}/${name}`);

const script = new vm.Script(source, { filename: file, cachedData: cache && cache.data });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require, module_, file, __dirname);
module_.exports.main(__dirname, (command) => {
  const known = cache !== undefined && !script.cachedDataRejected;
  if (folder === undefined || (known && (shipped || cache.commands.includes(command)))) return;
  try {
    writeCache(known ? [...cache.commands, command] : [command]);
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
    if ((stat.uid !== 0 && stat.uid !== process.geteuid()) || (stat.mode & 0o022) !== 0 || stat.size <= TRAILER_BYTES) return undefined;
    const bytes = fs.readFileSync(fd);
    const data = bytes.subarray(0, bytes.length - TRAILER_BYTES);
    return { data, commands: JSON.parse(bytes.subarray(data.length).toString('latin1')) };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function writeCache(commands) {
  const trailer = JSON.stringify(commands).padEnd(TRAILER_BYTES);
  if (trailer.length > TRAILER_BYTES) return;
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${folder}/.${name}.${process.pid}`;
  fs.writeFileSync(temporary, Buffer.concat([script.createCachedData(), Buffer.from(trailer)]), { mode: 0o600, flag: 'wx' });
  fs.renameSync(temporary, `${folder}/${name}`);
  for (const old of fs.readdirSync(folder)) if (/^cli-.*\.v8$/.test(old) && !old.includes(BUNDLE)) fs.unlinkSync(`${folder}/${old}`);
}
