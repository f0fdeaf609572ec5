// A DNS server that knows one name: node outside-server.mjs ADDRESS; prints a line when it listens.
import { createSocket } from 'node:dgram';
import packet from 'dns-packet';

const socket = createSocket('udp4');
socket.on('message', (query, from) => {
  const { id, questions = [] } = packet.decode(query);
  const name = questions[0]?.name ?? '';
  const known = name === 'outside.example';
  const answers = known ? [{ type: 'A', name, ttl: 60, data: '203.0.113.7' }] : [];
  socket.send(packet.encode({ type: 'response', id, flags: known ? 0 : 3, questions, answers }), from.port, from.address);
});
socket.bind(53, process.argv[2], () => console.log('ready'));
