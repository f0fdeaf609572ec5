import { describe, expect, it } from 'vitest';
import { type Contract, fails, IMAGE } from './context.ts';

/** Networks, volumes, the engine itself. */
export function resourceContract(c: Contract): void {
  describe('the engine', () => {
    it('says what it is', async () => {
      const ping = await c.engine.system.ping();
      expect(ping.apiVersion).toMatch(/^1\.\d+$/);
      const [version, info] = [await c.engine.system.version(), await c.engine.system.info()];
      expect(version).toMatchObject({ Os: 'linux', ApiVersion: expect.stringMatching(/^1\.\d+$/) as unknown });
      expect(info).toMatchObject({ OSType: 'linux', NCPU: expect.any(Number) as unknown, MemTotal: expect.any(Number) as unknown });
    });

    it('says what takes space', async () => {
      const usage = await c.engine.system.diskUsage();
      expect(usage.LayersSize).toBeGreaterThan(0);
      expect(usage.Images.some(({ RepoTags }) => RepoTags?.includes(IMAGE))).toBe(true);
    });
  });

  describe('a network', () => {
    it('is created, found, listed and removed', async () => {
      const { id, name } = await c.network(c.name(), { Labels: { of: c.prefix }, Internal: true });
      const inspect = await c.engine.networks.inspect(name);
      expect(inspect).toMatchObject({ Id: id, Name: name, Driver: 'bridge', Scope: 'local', Internal: true, Labels: { of: c.prefix }, Containers: {} });
      expect(inspect.IPAM.Config?.[0]?.Subnet).toMatch(/^\d+\.\d+\.\d+\.\d+\/\d+$/);
      const listed = await c.engine.networks.list({ label: [`of=${c.prefix}`] });
      expect(listed.map(({ Name }) => Name)).toEqual([name]);
      await c.engine.networks.remove(id);
      await fails(c.engine.networks.inspect(id), 'notFound', /network .* not found/);
      await fails(c.engine.networks.remove(id), 'notFound', /network .* not found/);
    });

    it('has the subnet and gateway that were asked for', async () => {
      const third = 16 + (process.pid % 200);
      const { id } = await c.network(c.name(), { IPAM: { Config: [{ Subnet: `10.213.${third}.0/24`, Gateway: `10.213.${third}.77` }] } });
      expect((await c.engine.networks.inspect(id)).IPAM.Config).toEqual([{ Subnet: `10.213.${third}.0/24`, Gateway: `10.213.${third}.77` }]);
      const container = await c.run('sleep 1000', { HostConfig: { NetworkMode: id }, NetworkingConfig: { EndpointsConfig: { [id]: { IPAMConfig: { IPv4Address: `10.213.${third}.9` } } } } });
      expect((await c.exec(container, 'busybox', 'ip', '-4', 'addr', 'show', 'eth0')).stdout).toContain(`10.213.${third}.9/24`);
    });

    it('lets containers find each other by name and alias, and keeps others out', async () => {
      const [{ name }, web] = [await c.network(), c.name()];
      await c.run('sleep 1000', { HostConfig: { NetworkMode: name }, NetworkingConfig: { EndpointsConfig: { [name]: { Aliases: ['store'] } } } }, web);
      const inside = await c.finish(`ping -c 1 -W 5 ${web} >/dev/null && ping -c 1 -W 5 store >/dev/null && echo both`, { HostConfig: { NetworkMode: name } });
      expect(inside.stdout).toBe('both\n');
      const outside = await c.finish('ping -c 1 -W 1 store >/dev/null 2>&1 || echo unknown');
      expect(outside.stdout).toBe('unknown\n');
    });

    it('is joined and left by a running container, and not removed before', async () => {
      const [{ id, name }, box] = [await c.network(), c.name()];
      const container = await c.run('sleep 1000', {}, box);
      await c.engine.networks.connect(id, { Container: container, EndpointConfig: { Aliases: ['also'] } });
      expect(Object.keys((await c.engine.containers.inspect(container)).NetworkSettings.Networks)).toContain(name);
      expect(Object.values((await c.engine.networks.inspect(id)).Containers).map(({ Name }) => Name)).toEqual([box]);
      await fails(c.engine.networks.remove(id), 'forbidden', /has active endpoints/);
      await fails(c.engine.networks.connect(id, { Container: container }), 'forbidden', /already exists in network/);
      await c.engine.networks.disconnect(id, { Container: container });
      expect(Object.keys((await c.engine.containers.inspect(container)).NetworkSettings.Networks)).not.toContain(name);
      await fails(c.engine.networks.disconnect(id, { Container: container }), ['internal', 'forbidden'], /is not connected to/);
      await c.engine.networks.remove(id);
    });

    it('that everybody has cannot be removed, and its name not be taken', async () => {
      await fails(c.engine.networks.remove('bridge'), 'forbidden', /pre-defined network/);
      const { name } = await c.network();
      await fails(c.engine.networks.create({ Name: name, CheckDuplicate: true }), 'conflict', /already exists/);
      await fails(c.engine.networks.create({ Name: c.name(), Driver: 'no-such-driver' }), 'notFound', /no-such-driver/);
    });

    it('of mode none has only a loopback, of mode host the host name', async () => {
      expect((await c.finish('ls /sys/class/net', { HostConfig: { NetworkMode: 'none' } })).stdout).toBe('lo\n');
      const { HostConfig } = await c.engine.containers.inspect(await c.create('true', { HostConfig: { NetworkMode: 'host' } }));
      expect(HostConfig.NetworkMode).toBe('host');
    });
  });

  describe('a volume', () => {
    it('is created once, found, listed and removed', async () => {
      const Name = c.volumeName();
      const made = await c.engine.volumes.create({ Name, Labels: { of: c.prefix } });
      expect(made).toMatchObject({ Name, Driver: 'local', Scope: 'local', Labels: { of: c.prefix } });
      expect((await c.engine.volumes.create({ Name })).Mountpoint).toBe(made.Mountpoint);
      expect((await c.engine.volumes.list({ label: [`of=${c.prefix}`] })).Volumes.map((one) => one.Name)).toEqual([Name]);
      await c.engine.volumes.remove(Name);
      await fails(c.engine.volumes.inspect(Name), 'notFound', /no such volume/);
      await fails(c.engine.volumes.remove(Name), 'notFound', /no such volume/);
      await c.engine.volumes.remove(Name, { force: true });
      await fails(c.engine.volumes.create({ Name: 'a bad' }), 'invalid', /invalid characters/);
    });

    it('keeps its content, is filled from the image, and stays while it is used', async () => {
      const name = c.volumeName();
      const user = await c.finish('cat /etc/passwd | head -1; echo kept > /etc/kept', { HostConfig: { Binds: [`${name}:/etc`] } });
      expect(user.stdout).toMatch(/^root:/);
      expect((await c.finish('cat /v/kept; touch /v/x || echo read-only', { HostConfig: { Binds: [`${name}:/v:ro`] } })).stdout).toBe('kept\nread-only\n');
      await fails(c.engine.volumes.remove(name), 'conflict', /volume is in use/);
    });

    it('without a name goes with its container when asked', async () => {
      const id = await c.create('true', { HostConfig: { Mounts: [{ Type: 'volume', Target: '/anonymous' }] } });
      const [mount] = (await c.engine.containers.inspect(id)).Mounts;
      expect(mount).toMatchObject({ Type: 'volume', Destination: '/anonymous', RW: true, Name: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
      await c.engine.containers.remove(id, { v: true });
      await fails(c.engine.volumes.inspect(mount?.Name ?? ''), 'notFound', /no such volume/);
    });
  });
}
