import { describe, expect, it } from 'vitest';
import { changeScript, deleteScript, firewallElements, replaceScript } from '../../../../src/runtime/networks/firewall.ts';
import type { FirewallState } from '../../../../src/runtime/networks/firewall.ts';

const front = { bridge: 'tsb1', subnets: ['172.18.0.0/16', 'fd00:1::/64'], internal: false, masquerade: true };
const back = { bridge: 'tsb2', subnets: ['172.19.0.0/16'], internal: true, masquerade: true };
const web = { protocol: 'tcp', hostAddress: '0.0.0.0', hostPort: 8080, address: '172.18.0.2', port: 80 } as const;
const state = (more: Partial<FirewallState> = {}): FirewallState => ({ networks: [front, back], ports: [], foreign: [], ...more });

describe('the packet filter', () => {
  it('knows bridges, their subnets, and which of them lead out', () => {
    const elements = firewallElements(state({ foreign: ['docker0'] }));
    expect(elements).toMatchObject({
      bridges: ['"tsb1"', '"tsb2"'],
      internal: ['"tsb2"'],
      foreign: ['"docker0"'],
      masquerade4: ['172.18.0.0/16'],
      masquerade6: ['fd00:1::/64'],
      hairpin4: ['172.18.0.0/16 . 172.18.0.0/16', '172.19.0.0/16 . 172.19.0.0/16'],
    });
  });

  it('translates ports at every address or at one, by protocol and family', () => {
    const elements = firewallElements(
      state({
        ports: [
          web,
          { ...web, protocol: 'udp', hostAddress: '127.0.0.1', hostPort: 53, port: 53 },
          { ...web, hostAddress: '::', address: 'fd00:1::2' },
        ],
      }),
    );
    expect([elements.ports4, elements.ports4at, elements.ports6, elements.ports6at]).toEqual([
      ['tcp . 8080 : 172.18.0.2 . 80'],
      ['127.0.0.1 . udp . 53 : 172.18.0.2 . 53'],
      ['tcp . 8080 : fd00:1::2 . 80'],
      [],
    ]);
  });

  it('changes by elements only: a moved port is taken out before it is put back', () => {
    const before = firewallElements(state({ ports: [web] }));
    const after = firewallElements(state({ networks: [front], ports: [{ ...web, address: '172.18.0.3' }] }));
    expect(changeScript('t', before, after)).toBe(
      [
        'delete element inet t bridges { "tsb2" }',
        'delete element inet t internal { "tsb2" }',
        'delete element inet t same { "tsb2" . "tsb2" }',
        'delete element inet t hairpin4 { 172.19.0.0/16 . 172.19.0.0/16 }',
        'delete element inet t ports4 { tcp . 8080 : 172.18.0.2 . 80 }',
        'add element inet t ports4 { tcp . 8080 : 172.18.0.3 . 80 }',
        '',
      ].join('\n'),
    );
    expect(changeScript('t', after, after)).toBe('');
  });

  it('replaces or deletes a table whether it exists or not', () => {
    expect(replaceScript('t', firewallElements(state()))).toMatch(/^add table inet t\ndelete table inet t\ntable inet t \{\n/);
    expect(deleteScript('t')).toBe('add table inet t\ndelete table inet t\n');
  });
});
