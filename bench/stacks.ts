/** The Compose files that the scenarios use. Services are busybox; `mark` makes their processes countable. */

const service = (mark: string, extra = '') =>
  `    image: busybox:latest\n    command: ["/bin/busybox", "sleep", "${mark}"]\n    stop_grace_period: 0s\n${extra}`;

const services = (count: number, body: (index: number) => string) =>
  `services:\n${Array.from({ length: count }, (_, index) => `  s${index + 1}:\n${body(index + 1)}`).join('')}`;

/** `count` services that know nothing of each other, on the default network. */
export const independent = (count: number) => (mark: string) => services(count, () => service(mark));

/** `count` services, each depending on the one before. */
export const chain = (count: number) => (mark: string) =>
  services(count, (index) => service(mark, index > 1 ? `    depends_on: [s${index - 1}]\n` : ''));

/** A service behind the health of another whose probes come every 100 ms while it starts. */
export const healthGated = (mark: string) =>
  `services:\n  db:\n${service(
    mark,
    '    healthcheck: {test: ["CMD", "/bin/busybox", "true"], interval: 1s, start_period: 30s, start_interval: 100ms}\n',
  )}  app:\n${service(mark, '    depends_on: {db: {condition: service_healthy}}\n')}`;

export const LINE = 'x'.repeat(99);
export const LOG_LINES = 100_000;

/** Writes 100,000 lines of 100 bytes, then sleeps. */
export const chatty = (mark: string) =>
  `services:\n  w:\n    image: busybox:latest\n    stop_grace_period: 0s\n    command: ["/bin/sh", "-c", "/bin/busybox yes ${LINE} | /bin/busybox head -n ${LOG_LINES}; exec /bin/busybox sleep ${mark}"]\n`;

export const FLOOD_MB = 200;

/** Copies /data/blob to stdout and notes the time before and after. */
export const flood = () =>
  'services:\n  w:\n    image: busybox:latest\n    volumes: ["./data:/data"]\n    stop_grace_period: 0s\n' +
  '    command: ["/bin/sh", "-c", "/bin/busybox cat /data/blob >/dev/null; /bin/busybox cat /proc/uptime >/data/t0; /bin/busybox cat /data/blob; /bin/busybox cat /proc/uptime >/data/t1"]\n';

/** iperf3 servers: one published on the host's loopback, both reachable from each other. */
export const iperf = (port: number) => () =>
  `services:\n  server:\n    image: labnet:latest\n    command: ["/usr/bin/iperf3", "-s"]\n    ports: ["127.0.0.1:${port}:5201"]\n    stop_grace_period: 0s\n` +
  '  peer:\n    image: labnet:latest\n    command: ["/bin/busybox", "sleep", "100000"]\n    stop_grace_period: 0s\n';

/** Three services with interpolation, a dependency and a health check. */
export const small = () => `services:
  web: {image: "busybox:\${TAG:-latest}", ports: ["127.0.0.1:18080:80"], environment: {LEVEL: "\${LEVEL:-info}"}, depends_on: [api]}
  api: {image: busybox:latest, environment: ["A=1", "B=\${B:-2}"], depends_on: {db: {condition: service_healthy}}}
  db: {image: busybox:latest, volumes: ["data:/data"], healthcheck: {test: ["CMD", "true"], interval: 5s, retries: 3}}
volumes: {data: {}}
`;

/** A generated file of `count` services with anchors, interpolation, dependencies and health checks. */
export const large = (count: number) => () => {
  const head = `x-env: &env
  LEVEL: "\${LEVEL:-info}"
  REGION: "\${REGION:-north}"
x-base: &base
  image: "\${REGISTRY:-busybox}:\${TAG:-latest}"
  restart: unless-stopped
  logging: {driver: json-file, options: {max-size: "10m", max-file: "3"}}
  healthcheck: &probe {test: ["CMD-SHELL", "wget -q -O - http://localhost/health || exit 1"], interval: 10s, timeout: 3s, retries: 5}
services:
`;
  const body = (index: number) => `  svc-${index}:
    <<: *base
    command: ["/bin/busybox", "httpd", "-f", "-p", "8080"]
    environment:
      <<: *env
      NAME: svc-${index}
      DSN: "db://\${DB_USER:-app}:\${DB_PASS:-secret}@svc-${Math.max(1, index - 1)}:5432/db${index}?mode=\${MODE-rw}&cost=$$5"
      PEER: "\${PEER_${index % 7}:-\${DEFAULT_PEER:-none}}"
    labels: {com.example.index: "${index}", com.example.tier: "tier-${index % 5}"}
    networks: [net-${index % 10}, shared]
    volumes: ["vol-${index % 20}:/data", "./conf/svc-${index}:/etc/svc:ro"]
    ports: ["127.0.0.1:${20_000 + index}:8080"]
    deploy: {resources: {limits: {cpus: "0.5", memory: 128M}}}
${index % 10 === 1 ? '' : `    depends_on: {svc-${index - 1}: {condition: service_healthy}}\n`}${index % 3 === 0 ? '    healthcheck:\n      <<: *probe\n      interval: 5s\n' : ''}`;
  const networks = Array.from({ length: 10 }, (_, index) => `  net-${index}: {driver: bridge}\n`).join('');
  const volumes = Array.from({ length: 20 }, (_, index) => `  vol-${index}: {}\n`).join('');
  return `${head}${Array.from({ length: count }, (_, index) => body(index + 1)).join('')}networks:\n  shared: {}\n${networks}volumes:\n${volumes}`;
};

/** Five RUN/COPY pairs on busybox. */
export function buildContext(): Record<string, string> {
  const files: Record<string, string> = {};
  const lines = ['FROM busybox:latest', 'RUN mkdir -p /w'];
  for (let index = 1; index <= 5; index++) {
    files[`f${index}.txt`] = `file ${index}\n`.repeat(400);
    lines.push(`COPY f${index}.txt /w/f${index}.txt`);
    if (index < 5) lines.push(`RUN cat /w/f${index}.txt | wc -l > /w/r${index}`);
  }
  return { ...files, Dockerfile: `${lines.join('\n')}\n` };
}
