import { createServer } from 'node:http2';
import type { Duplex } from 'node:stream';

/** gRPC's UNIMPLEMENTED. */
const UNIMPLEMENTED = '12';

/**
 * Answers every gRPC call on a connection with a reason. buildx opens such a connection to find out whether an engine has BuildKit; one that
 * is refused outright makes it start a builder of its own in a container, and nobody reads why.
 */
export function refuseGrpc(connection: Duplex, reason: string): void {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {}); // the client left
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNIMPLEMENTED, 'grpc-message': encodeURIComponent(reason) }, { endStream: true });
  });
  server.on('sessionError', () => connection.destroy());
  server.emit('connection', connection);
}
