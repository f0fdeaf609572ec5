/** What gives a container power over the host. */
import type { Project, Service } from '../../compose/index.ts';
import { type Rule, type RuleContext, allServices } from '../rule.ts';

function checkPrivileged(context: RuleContext, project: Project): void {
  for (const { name, privileged } of allServices(project)) {
    if (privileged) context.report(`service "${name}" is privileged: it can do whatever root of the host can`, { path: ['services', name, 'privileged'], hint: 'give it the devices or capabilities (cap_add) that it needs' });
  }
}

const SOCKET = /\/(docker|podman|containerd|tscompose\/engine|crio\/crio)\.sock$/;

function checkSocket(context: RuleContext, project: Project): void {
  for (const { name, volumes } of allServices(project)) {
    for (const [index, { source }] of (volumes ?? []).entries()) {
      if (!source || !SOCKET.test(source)) continue;
      context.report(`service "${name}" has the socket of the engine, and with it the host`, {
        path: ['services', name, 'volumes', index],
        hint: 'read_only does not help; put a filtering proxy in front of the socket',
      });
    }
  }
}

const STRONG = new Set(['ALL', 'SYS_ADMIN', 'SYS_MODULE', 'SYS_PTRACE', 'SYS_RAWIO', 'DAC_READ_SEARCH', 'BPF']);

function checkCapabilities(context: RuleContext, project: Project): void {
  for (const { name, cap_add } of allServices(project)) {
    for (const [index, capability] of (cap_add ?? []).entries()) {
      const short = capability.toUpperCase().replace(/^CAP_/, '');
      if (STRONG.has(short)) context.report(`capability ${short} lets service "${name}" out of its container`, { path: ['services', name, 'cap_add', index], hint: 'look for a narrower capability' });
    }
  }
}

function checkNamespaces(context: RuleContext, project: Project): void {
  const attributes = ['network_mode', 'pid', 'ipc', 'uts', 'userns_mode'] as const satisfies readonly (keyof Service)[];
  for (const service of allServices(project)) {
    for (const attribute of attributes) {
      if (service[attribute] !== 'host') continue;
      context.report(`service "${service.name}" shares a namespace with the host: ${attribute}: host`, { path: ['services', service.name, attribute] });
    }
  }
}

export const securityRules: readonly Rule[] = [
  {
    id: 'security.privileged',
    level: 'warning',
    summary: 'a service is privileged',
    why: 'Nothing keeps a privileged container from the host. Most need one device or one capability.',
    project: checkPrivileged,
  },
  {
    id: 'security.socket',
    level: 'warning',
    summary: 'the socket of a container engine is mounted',
    why: 'Who can talk to the engine can start a privileged container, mounted read-only or not.',
    project: checkSocket,
  },
  {
    id: 'security.capability',
    level: 'warning',
    summary: 'a capability is added that amounts to being root of the host',
    why: 'ALL, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, SYS_RAWIO, DAC_READ_SEARCH and BPF each open a way out of the container.',
    project: checkCapabilities,
  },
  {
    id: 'security.hostNamespace',
    level: 'info',
    summary: 'a service shares a namespace with the host',
    why: 'It sees, and may signal or listen on, what belongs to the host. Some need that; it is worth a look.',
    project: checkNamespaces,
  },
];
