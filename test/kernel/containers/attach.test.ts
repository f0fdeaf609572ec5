import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, execIn, exitOf, type Lab, logsOf, openLab, until } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(async () => {
  await lab?.close();
});

const all = { stream: true, stdin: true, stdout: true, stderr: true };

describe('attach', () => {
  it('before the start gets everything, byte for byte', async () => {
    const id = await lab.create(['sh', '-c', 'echo first; echo error >&2; seq 20000; printf last']);
    const { stream, tty } = await lab.runtime.containers.attach(id, { ...all, stdin: false });
    const output = collect(stream, tty);
    await lab.runtime.containers.start(id);
    const { stdout, stderr } = await output;
    expect(stderr).toBe('error\n');
    expect(stdout).toBe(`first\n${Array.from({ length: 20000 }, (_, i) => `${i + 1}\n`).join('')}last`);
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('passes stdin on and closes it at its end', async () => {
    const id = await lab.create(['sh', '-c', 'wc -c; echo done'], { OpenStdin: true, StdinOnce: true });
    const { stream } = await lab.runtime.containers.attach(id, all);
    const output = collect(stream);
    await lab.runtime.containers.start(id);
    stream.write(Buffer.alloc(300_000, 'x'));
    stream.end();
    expect((await output).stdout).toBe('300000\ndone\n');
    expect(await exitOf(lab, id)).toBe(0);
    await lab.runtime.containers.remove(id);
  });

  it('leaves stdin open for the next client', async () => {
    const id = await lab.run(['sh', '-c', 'while read line; do echo got $line; done'], { OpenStdin: true });
    for (const word of ['one', 'two']) {
      const { stream } = await lab.runtime.containers.attach(id, all);
      stream.write(`${word}\n`);
      await until(word, async () => ((await logsOf(lab, id)).stdout.includes(`got ${word}`) ? true : undefined));
      stream.destroy();
    }
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('serves several clients and replays the past', async () => {
    const id = await lab.run(['sh', '-c', 'echo past; read x; echo future'], { OpenStdin: true });
    await until('past', async () => ((await logsOf(lab, id)).stdout.includes('past') ? true : undefined));
    const [late, plain] = await Promise.all([
      lab.runtime.containers.attach(id, { ...all, logs: true }),
      lab.runtime.containers.attach(id, { ...all, stdin: false }),
    ]);
    const outputs = Promise.all([collect(late.stream), collect(plain.stream)]);
    late.stream.write('go\n');
    expect((await outputs).map(({ stdout }) => stdout)).toEqual(['past\nfuture\n', 'future\n']);
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('with a terminal is raw, can be resized, and detached by its keys', async () => {
    const id = await lab.create(['sh'], { Tty: true, OpenStdin: true });
    const { stream, tty } = await lab.runtime.containers.attach(id, all);
    expect(tty).toBe(true);
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const closed = new Promise((resolve) => stream.on('end', resolve));
    await lab.runtime.containers.start(id);
    await lab.runtime.containers.resize(id, { h: 33, w: 101 });
    stream.write('stty size\r');
    await until('size', () => (text.includes('33 101') ? true : undefined));
    stream.write(Buffer.from([0x10, 0x11]));
    await closed;
    expect((await lab.runtime.containers.inspect(id)).State.Running).toBe(true);
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('to an exec with a terminal works the same way', async () => {
    const id = await lab.run(['sleep', '1000']);
    const { Id } = await lab.runtime.exec.create(id, { Cmd: ['sh'], Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true });
    const { stream } = await lab.runtime.exec.start(Id, { Tty: true, ConsoleSize: [20, 60] });
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const closed = new Promise((resolve) => stream.on('end', resolve));
    stream.write('stty size; tty\r');
    await until('size', () => (text.includes('20 60') && text.includes('/dev/pts/') ? true : undefined));
    await lab.runtime.exec.resize(Id, { h: 21, w: 61 });
    stream.write('stty size; exit 5\r');
    await closed;
    expect(text).toContain('21 61');
    const code = await until('exit code', async () => (await lab.runtime.exec.inspect(Id)).ExitCode ?? undefined);
    expect(code).toBe(5);
    expect(await execIn(lab, id, ['sh', '-c', 'exit 6'], { Tty: true })).toMatchObject({ exitCode: 6 });
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('ends when the start fails', async () => {
    const id = await lab.create(['nope']);
    const { stream } = await lab.runtime.containers.attach(id, { ...all, stdin: false });
    const output = collect(stream);
    await expect(lab.runtime.containers.start(id)).rejects.toThrow('executable file not found');
    expect(await output).toEqual({ stdout: '', stderr: '' });
    await lab.runtime.containers.remove(id);
  });
});
