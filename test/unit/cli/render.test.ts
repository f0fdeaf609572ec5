import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/base/index.ts';
import { MemoryOutput } from '../../../src/cli/output.ts';
import { renderDiagnostic } from '../../../src/cli/render/diagnostics.ts';
import { formatPorts, humanDuration } from '../../../src/cli/render/human.ts';
import { LogPrinter } from '../../../src/cli/render/log-printer.ts';
import { createStyle } from '../../../src/cli/render/style.ts';
import { renderTable } from '../../../src/cli/render/table.ts';
import { displayWidth, sanitize, truncate } from '../../../src/cli/render/text.ts';

const style = createStyle(false);
const pos = (line: number, column: number) => ({ line, column, offset: 0 });

describe('a diagnostic', () => {
  const source = 'services:\n  web:\n    ports:\n\t- "80800:80"\n';
  const options = { style, workingDirectory: '/home/me', readSource: () => source };
  const diagnostic: Diagnostic = {
    code: 'port.invalid',
    severity: 'error',
    path: 'services.web.ports[0]',
    message: '"80800:80": host port must be 1-65535',
    range: { file: '/home/me/compose.yaml', start: pos(4, 5), end: pos(4, 10) },
    hint: 'did you mean "8080:80"?',
  };

  it('shows place, message, source line, caret and hint; tabs count as four', () => {
    expect(renderDiagnostic(diagnostic, options)).toBe(
      'compose.yaml:4:5 error port.invalid  services.web.ports[0]: "80800:80": host port must be 1-65535\n' +
        '  4 |     - "80800:80"\n' +
        '    |        ^^^^^\n' +
        '  hint: did you mean "8080:80"?\n',
    );
  });

  it('shows the trail that led there', () => {
    const related = [{ message: 'first defined here', range: { file: '/elsewhere/base.yaml', start: pos(2, 3), end: pos(2, 6) } }];
    expect(renderDiagnostic({ ...diagnostic, related }, options)).toContain('  note: first defined here /elsewhere/base.yaml:2:3\n  2 |   web:\n    |   ^^^\n');
  });

  it('does without a source that cannot be read', () => {
    expect(renderDiagnostic(diagnostic, { ...options, readSource: () => undefined }).split('\n')).toHaveLength(3);
  });

  it('cuts a long line around the mark, and keeps the mark under the right characters', () => {
    const long = `${'a'.repeat(500)}BAD${'c'.repeat(500)}`;
    const at = { ...diagnostic, range: { file: 'x', start: pos(1, 501), end: pos(1, 504) } };
    const [, line = '', caret = ''] = renderDiagnostic(at, { ...options, readSource: () => long }).split('\n');
    expect(line.length).toBeLessThan(180);
    expect(line.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1)).toBe('BAD');
  });

  it('lets no control character of a file reach the terminal', () => {
    const text = renderDiagnostic({ ...diagnostic, message: 'x\x1b]0;evil\x07y' }, { ...options, readSource: () => '\n\n\n\x1b[2Jx: \u202e1\n' });
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\u202e]/);
  });
});

describe('text', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['🚀', 2],
    ['\x1b[31mred\x1b[39m', 3],
  ])('%j takes %d columns', (text, width) => expect(displayWidth(text)).toBe(width));

  it('is cut without splitting a character', () => {
    expect(truncate('hello', 4)).toBe('hel…');
    expect(truncate('日本語', 4)).toBe('日…');
    expect(truncate('ok', 4)).toBe('ok');
  });

  it('keeps newlines and tabs, and shows other control characters', () => expect(sanitize('a\tb\n\x1b')).toBe('a\tb\n\\x1b'));
});

describe('a table', () => {
  const columns = [
    { title: 'NAME', value: (row: readonly string[]) => row[0] ?? '', shrinksTo: 6 },
    { title: 'ID', value: (row: readonly string[]) => row[1] ?? '' },
    { title: 'PORTS', value: (row: readonly string[]) => row[2] ?? '', shrinksTo: 8 },
  ];
  const rows = [['demo-web-1', 'abcdef', '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp']];

  it('is as wide as its content when nothing limits it', () => {
    expect(renderTable(columns, rows)).toBe('NAME         ID       PORTS\ndemo-web-1   abcdef   0.0.0.0:8080->80/tcp, [::]:8080->80/tcp\n');
  });

  it('shrinks the widest columns that may shrink until it fits', () => {
    const lines = renderTable(columns, rows, { width: 40 }).trimEnd().split('\n');
    expect(lines.map((line) => displayWidth(line)).every((width) => width <= 40)).toBe(true);
    expect(lines[1]).toBe('demo-web-1   abcdef   0.0.0.0:8080->80/…');
  });

  it('never shrinks a column below its floor', () => {
    expect(renderTable(columns, rows, { width: 10 }).split('\n')[1]).toBe('demo-…   abcdef   0.0.0.0…');
  });
});

describe('ports', () => {
  it('joins neighbours that are published side by side', () => {
    const port = (PrivatePort: number, PublicPort?: number, IP = '0.0.0.0') => ({ PrivatePort, Type: 'tcp', ...(PublicPort && { PublicPort, IP }) });
    expect(formatPorts([port(81, 8081), port(80, 8080), port(80, 8080, '::'), port(90)])).toBe('0.0.0.0:8080-8081->80-81/tcp, [::]:8080->80/tcp, 90/tcp');
  });
});

describe('an age', () => {
  it.each([
    [0.4, 'Less than a second'],
    [1.9, '1 second'],
    [59, '59 seconds'],
    [61, 'About a minute'],
    [150, '2 minutes'],
    [3600, 'About an hour'],
    [47 * 3600, '47 hours'],
    [49 * 3600, '2 days'],
    [20 * 86400, '2 weeks'],
    [100 * 86400, '3 months'],
    [1000 * 86400, '2 years'],
  ])('%d seconds are "%s"', (seconds, text) => expect(humanDuration(seconds)).toBe(text));
});

describe('log lines', () => {
  const setUp = (options: { colours?: boolean; prefix?: boolean } = {}) => {
    const output = new MemoryOutput();
    const printer = new LogPrinter({ output, colours: false, prefix: true, ...options });
    printer.add('web-1');
    printer.add('database-1');
    return { output, printer };
  };

  it('stand behind the name of their container, aligned', async () => {
    const { output, printer } = setUp();
    await printer.print('web-1', 1, Buffer.from('one\ntwo\n'));
    await printer.print('database-1', 1, Buffer.from('three\n'));
    expect(output.text).toBe('web-1       | one\nweb-1       | two\ndatabase-1  | three\n');
  });

  it('are put together from pieces, for each stream by itself', async () => {
    const { output, printer } = setUp();
    await printer.print('web-1', 1, Buffer.from('he'));
    await printer.print('web-1', 2, Buffer.from('oops\n'));
    await printer.print('web-1', 1, Buffer.from('llo\nrest'));
    expect(output.text).toBe('web-1       | oops\nweb-1       | hello\n');
    await printer.end();
    expect(output.text).toMatch(/web-1 {7}\| rest\n$/);
  });

  it('pass any bytes through unchanged', async () => {
    const bytes = Buffer.from([...Array(256).keys()].filter((byte) => byte !== 10));
    const written: Uint8Array[] = [];
    const output = { write: (data: string | Uint8Array) => void written.push(Buffer.from(data as Uint8Array)), isTerminal: false, width: () => undefined, flush: async () => {} };
    const printer = new LogPrinter({ output, colours: true, prefix: true });
    await printer.print('dä', 1, Buffer.concat([bytes, Buffer.from('\n')]));
    const all = Buffer.concat(written);
    expect(all.subarray(all.length - 256)).toEqual(Buffer.concat([bytes, Buffer.from('\n')]));
    expect(all.toString()).toContain('dä');
  });

  it('are printed as they are without prefix', async () => {
    const { output, printer } = setUp({ prefix: false });
    await printer.print('web-1', 1, Buffer.from('a\nb\n'));
    expect(output.text).toBe('a\nb\n');
  });

  it('that never end are printed in pieces', async () => {
    const { output, printer } = setUp();
    for (let i = 0; i < 3; i++) await printer.print('web-1', 1, Buffer.alloc(700 * 1024, 'x'));
    expect(output.text.length).toBeGreaterThan(1024 * 1024);
  });
});
