import packet from 'dns-packet';
import type { DecodedPacket, RecordType } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { EndpointRecord, SandboxRecord } from '../../../../src/runtime/networks/records.ts';
import { answerQuery } from '../../../../src/runtime/networks/resolver/answer.ts';
import { parseQuestion } from '../../../../src/runtime/networks/resolver/message.ts';
import { lineReader } from '../../../../src/runtime/networks/resolver/protocol.ts';
import { Zones } from '../../../../src/runtime/networks/resolver/zones.ts';

function sandbox(name: string, networks: Record<string, { v4?: string; v6?: string; aliases?: string[] }>, links: Record<string, string[]> = {}): SandboxRecord {
  const endpoints = Object.entries(networks).map(
    ([network, { v4, v6, aliases = [] }]): EndpointRecord => ({
      networkId: `id-${network}`,
      networkName: network,
      endpointId: 'e',
      hostLink: 'h',
      link: 'eth0',
      mac: '',
      ...(v4 ? { v4: { address: v4, prefixLength: 16, gateway: '' } } : {}),
      ...(v6 ? { v6: { address: v6, prefixLength: 64, gateway: '' } } : {}),
      internal: false,
      dnsNames: [name, ...aliases],
      settings: {},
    }),
  );
  return { version: 1, containerId: `container-${name}`, name, netns: '', request: {} as SandboxRecord['request'], endpoints, ports: [], dns: true, upstream: [], links };
}

const web1 = sandbox('web-1', { front: { v4: '172.18.0.2', v6: 'fd00::2', aliases: ['Web'] } }, { cache: ['redis'] });
const web2 = sandbox('web-2', { front: { v4: '172.18.0.3', aliases: ['web'] }, back: { v4: '172.19.0.3' } });
const redis = sandbox('redis', { front: { v4: '172.18.0.9' } });
const db = sandbox('db.main', { back: { v4: '172.19.0.9' } });

function zonesOf(...records: SandboxRecord[]): Zones {
  const zones = new Zones();
  for (const record of records) zones.set(record);
  return zones;
}

function ask(zones: Zones, asker: SandboxRecord, name: string, type: RecordType = 'A', options: { stream?: boolean; edns?: number } = {}) {
  const query = packet.encode({
    type: 'query',
    id: 77,
    flags: packet.RECURSION_DESIRED,
    questions: [{ type, name }],
    ...(options.edns === undefined ? {} : { additionals: [{ type: 'OPT', name: '.', udpPayloadSize: options.edns, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }] }),
  });
  const answer = answerQuery(query, asker, zones, { stream: options.stream ?? false, random: () => 0 });
  if (answer.kind !== 'reply') return answer.kind;
  const reply = packet.decode(answer.reply) as DecodedPacket & { rcode: string }; // the types forget it
  expect(reply).toMatchObject({ id: 77, type: 'response', flag_rd: true, flag_ra: true });
  expect(reply.questions?.[0]).toMatchObject({ name, type });
  return { rcode: reply.rcode, truncated: reply.flag_tc, data: (reply.answers ?? []).map((each) => ('data' in each ? String(each.data) : '')) };
}

const all = zonesOf(web1, web2, redis, db);

describe('the resolver answers', () => {
  it('names in any case, aliases with all replicas, and the network’s name behind them', () => {
    expect(ask(all, web1, 'WEB-2')).toEqual({ rcode: 'NOERROR', truncated: false, data: ['172.18.0.3'] });
    expect(ask(all, redis, 'web')).toMatchObject({ data: ['172.18.0.2', '172.18.0.3'] });
    expect(ask(all, redis, 'web.front')).toMatchObject({ data: ['172.18.0.2', '172.18.0.3'] });
    expect(ask(all, web2, 'db.main.back')).toMatchObject({ data: ['172.19.0.9'] });
  });
  it('only names of networks that the asker is on, and its own links', () => {
    expect(ask(all, web1, 'db.main')).toBe('forward');
    expect(ask(all, web2, 'db.main')).toMatchObject({ data: ['172.19.0.9'] });
    expect(ask(all, web1, 'cache')).toMatchObject({ data: ['172.18.0.9'] });
    expect(ask(all, web2, 'cache')).toBe('forward');
    expect(ask(all, web1, 'constructor')).toBe('forward');
  });
  it('other types of a name it knows with nothing, not with "no such name"', () => {
    expect(ask(all, web1, 'web-1', 'AAAA')).toMatchObject({ rcode: 'NOERROR', data: ['fd00::2'] });
    expect(ask(all, web1, 'web-2', 'AAAA')).toEqual({ rcode: 'NOERROR', truncated: false, data: [] });
    expect(ask(all, web1, 'web-2', 'MX')).toMatchObject({ rcode: 'NOERROR', data: [] });
  });
  it('addresses of both families with names', () => {
    expect(ask(all, web1, '3.0.18.172.in-addr.arpa', 'PTR')).toMatchObject({ data: ['web-2.front'] });
    expect(ask(all, web2, `2.${'0.'.repeat(27)}0.0.d.f.ip6.arpa`, 'PTR')).toMatchObject({ data: ['web-1.front'] });
    expect(ask(all, web1, '9.0.19.172.in-addr.arpa', 'PTR')).toBe('forward');
  });
  it('too many addresses truncated by UDP, whole by TCP, and as many as the asker says it takes', () => {
    const many = zonesOf(...Array.from({ length: 100 }, (_, i) => sandbox(`m-${i}`, { front: { v4: `172.18.1.${i}`, aliases: ['many'] } })), web1);
    const plain = ask(many, web1, 'many');
    expect(plain).toMatchObject({ truncated: true });
    expect(typeof plain === 'string' ? 0 : plain.data.length).toBe(30); // (512 - 12 - 10) / 16
    expect(ask(many, web1, 'many', 'A', { edns: 4096 })).toMatchObject({ truncated: false, data: { length: 100 } });
    expect(ask(many, web1, 'many', 'A', { stream: true })).toMatchObject({ truncated: false, data: { length: 100 } });
  });
  it('turns the order, so that clients spread', () => {
    const query = packet.encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'web' }] });
    const first = (random: number) => {
      const answer = answerQuery(query, redis, all, { stream: false, random: () => random });
      return answer.kind === 'reply' ? packet.decode(answer.reply).answers?.map((each) => ('data' in each ? each.data : '')) : [];
    };
    expect(first(0)).toEqual(['172.18.0.2', '172.18.0.3']);
    expect(first(0.9)).toEqual(['172.18.0.3', '172.18.0.2']);
  });
  it('nothing to what is not a query', () => {
    for (const bytes of ['', '00', '0001', '004d81800001000000000000', '004d01000001000000000000ff00', `004d0100000100000000000003777777`]) {
      expect(answerQuery(Buffer.from(bytes, 'hex'), web1, all, { stream: false, random: () => 0 }).kind).toBe('ignore');
    }
    expect(parseQuestion(Buffer.from('004d01000001000000000000c00c00010001', 'hex'))).toBeUndefined(); // a pointer to itself
  });
  it('follows containers that leave, come back and change', () => {
    const zones = zonesOf(web1, web2);
    zones.delete(web2.containerId);
    expect(ask(zones, web1, 'web')).toMatchObject({ data: ['172.18.0.2'] });
    expect(ask(zones, web1, '3.0.18.172.in-addr.arpa', 'PTR')).toBe('forward');
    zones.set(sandbox('web-2', { front: { v4: '172.18.0.7', aliases: ['web'] } }));
    zones.set(sandbox('web-2', { front: { v4: '172.18.0.8', aliases: ['web'] } }));
    expect(ask(zones, web1, 'web')).toMatchObject({ data: ['172.18.0.2', '172.18.0.8'] });
  });
});

describe('the control stream', () => {
  it('is cut into lines however it arrives', () => {
    const lines: string[] = [];
    const read = lineReader((line) => lines.push(line));
    for (const chunk of ['{"a"', ':1}\n{"b":2}\n', '\n{"c"', ':3}', '\n']) read(chunk);
    expect(lines).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
  });
});
