/**
 * A host of its own: a network namespace with an outside, Docker's forward rules, and a networks room. Run by `others.test.ts` under
 * `unshare --net`, because such rules would stop every other container of this machine. Prints what it found as JSON.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNetns, pinNetns, removeNetns } from '../../../src/runtime/host/netns.ts';
import { openTestRoom, until } from './room.ts';

const ip = (...argv: string[]) => execFileSync('ip', argv, { encoding: 'utf8' });
const nft = (script: string) => execFileSync('nft', ['-f', '-'], { input: script, encoding: 'utf8' });
const scratch = mkdtempSync(join(tmpdir(), 'tsnet-host-'));
const outside = join(scratch, 'outside');

writeFileSync(join(scratch, 'index.html'), 'it works');
ip('link', 'set', 'lo', 'up');
pinNetns(openNetns(() => {}).fd, outside);
ip('link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'down0');
ip('link', 'set', 'down0', 'netns', outside);
ip('addr', 'add', '198.51.100.1/24', 'dev', 'up0');
ip('link', 'set', 'up0', 'up');
const outsideIp = (...argv: string[]) => execFileSync('nsenter', [`--net=${outside}`, 'ip', ...argv], { encoding: 'utf8' });
outsideIp('addr', 'add', '198.51.100.2/24', 'dev', 'down0');
outsideIp('link', 'set', 'down0', 'up');
outsideIp('link', 'set', 'lo', 'up');

const dockerRules = `table ip filter {
  chain DOCKER-USER { return; }
  chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; }
}
`;
const plainRules = 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }\n }\n';

const test = await openTestRoom();
const found: Record<string, unknown> = {};
async function tryOut(name: string, rules: string, options?: Record<string, string>): Promise<void> {
  nft(`flush ruleset\n${rules}`);
  await test.reopen();
  await test.room.api.create({ Name: name, ...(options ? { Options: options } : {}) });
  const web = await test.attach(`${name}-web`, { [name]: {} }, { portBindings: { '80/tcp': [{ HostPort: '8080' }], '53/udp': [{ HostPort: '5353' }] } });
  test.serve(web.id, ['busybox', 'httpd', '-f', '-p', '80', '-h', scratch]);
  const get = (url: string) => spawnSync('nsenter', [`--net=${outside}`, 'curl', '-s', '-m', '2', url], { encoding: 'utf8' }).stdout;
  await until(() => get('http://198.51.100.1:8080/') === 'it works', 5000).catch(() => {});
  outsideIp('route', 'replace', '172.16.0.0/12', 'via', '198.51.100.1');
  found[name] = {
    fromOutside: get('http://198.51.100.1:8080/'),
    unpublished: get(`http://${web.endpoints[name]?.IPAddress}/`),
    toOutside: test.run(web.id, ['busybox', 'ping', '-c1', '-W1', '198.51.100.2']).code,
    ourRules: nft('list ruleset').split('\n').filter((line) => line.includes('comment "tscompose')).length,
  };
  await test.room.detach(web.id);
  await test.room.api.remove(name);
  const left = () => nft('list ruleset').split('\n').filter((line) => line.includes('tscompose')).length;
  await until(() => left() === 0, 5000).catch(() => {});
  found[`${name}-after`] = left();
}
await tryOut('docker', dockerRules);
await tryOut('plain', plainRules);
await tryOut('named', dockerRules, { 'com.docker.network.bridge.name': 'br-named' });
found['left'] = await test.close();
removeNetns(outside);
rmSync(scratch, { recursive: true });
console.log(JSON.stringify(found));
process.exit(0);
