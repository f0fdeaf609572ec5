/** Which step frees which host port: a container that takes a port over must start after it. */
import type { Service } from '../compose/index.ts';
import type { Decision } from './converge.ts';
import type { ObservedContainer } from './observed-state.ts';

export class PortHolders {
  readonly #freed: { readonly step: number; readonly port: number; readonly protocol: string; readonly holder: string }[] = [];

  /** Notes the host ports of a container that `step` stops. */
  freedBy(step: number, container: ObservedContainer): void {
    const seen = new Set<string>();
    for (const { PublicPort, Type } of container.ports) {
      if (PublicPort === undefined || seen.has(`${PublicPort}/${Type}`)) continue;
      seen.add(`${PublicPort}/${Type}`);
      this.#freed.push({ step, port: PublicPort, protocol: Type, holder: container.id });
    }
  }

  /** Steps that must be finished before a container of this service can have its ports. */
  blockersOf(service: Service, kept: Decision | undefined): number[] {
    const own = kept && kept.kind === 'keep' ? kept.observed.id : undefined;
    const wanted = (service.ports ?? []).flatMap((port) => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(port.published ?? '');
      return match ? [{ from: Number(match[1]), to: Number(match[2] ?? match[1]), protocol: port.protocol }] : [];
    });
    return this.#freed
      .filter((entry) => entry.holder !== own && wanted.some((w) => w.protocol === entry.protocol && entry.port >= w.from && entry.port <= w.to))
      .map((entry) => entry.step);
  }
}
