import { EngineError } from '../../base/index.ts';
import { findSocketOwner } from '../host/socket-owner.ts';

/** Why a port could not be published: another container of ours has it (`holder`), or the kernel's answer to binding it. */
export interface PortProblem {
  readonly address?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly holder?: string | undefined;
  readonly code?: string;
  readonly message?: string;
}

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

/** The error that dockerd gives, with its words first: scripts look for "port is already allocated" and "address already in use". */
export function portFailure(container: string, endpointId: string | undefined, problem: PortProblem): EngineError {
  if (problem.port === undefined) return new EngineError('internal', `cannot serve names and ports of ${container}: ${problem.message ?? problem.code ?? 'unknown'}`);
  const endpoint = `driver failed programming external connectivity on endpoint ${container} (${endpointId ?? ''})`;
  const place = `${problem.address?.includes(':') ? `[${problem.address}]` : problem.address}:${problem.port}`;
  if (problem.code === undefined) {
    const holder = problem.holder === undefined ? '' : ` (by container ${problem.holder})`;
    return new EngineError('internal', `${endpoint}: Bind for ${place} failed: port is already allocated${holder}`);
  }
  const family = problem.address?.includes(':') ? '6' : '4';
  return new EngineError('internal', `${endpoint}: Error starting userland proxy: listen ${problem.protocol}${family} ${place}: bind: ${WORDS[problem.code] ?? problem.message}${owner(problem)}`);
}

/** Whom to stop: the question that follows every "address already in use". */
function owner({ code, protocol, port }: PortProblem): string {
  if (code !== 'EADDRINUSE' || port === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return '';
  const found = findSocketOwner(protocol, port);
  return found ? ` (by ${found.program}, pid ${found.pid})` : '';
}
