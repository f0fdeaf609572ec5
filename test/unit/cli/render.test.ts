import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/base/index.ts';
import { MemoryOutput } from '../../../src/cli/output.ts';
import { renderDiagnostic } from '../../../src/cli/render/diagnostics.ts';
import { formatPorts, goQuote } from '../../../src/cli/render/human.ts';
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

  it('breaks lines between words and cuts the source line where a terminal is narrow', () => {
    const wide = `\t- "80800:80" ${'#'.repeat(80)}`;
    const text = renderDiagnostic(diagnostic, { ...options, readSource: () => `\n\n\n${wide}\n`, width: () => 50 });
    expect(text).toBe(
      'compose.yaml:4:5 error port.invalid\n  services.web.ports[0]: "80800:80": host port\n  must be 1-65535\n' +
        `  4 |     - "80800:80" ${'#'.repeat(25)}…\n` +
        '    |        ^^^^^\n' +
        '  hint: did you mean "8080:80"?\n',
    );
    for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(50);
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

  it('draws together and shrinks the widest columns that may shrink until it fits', () => {
    const lines = renderTable(columns, rows, { width: 40 }).trimEnd().split('\n');
    expect(lines.map((line) => displayWidth(line)).every((width) => width <= 40)).toBe(true);
    expect(lines[1]).toBe('demo-web-1  abcdef  0.0.0.0:8080->80/tc…');
  });

  it('never shrinks a column below its floor, but leaves no more than a space between them', () => {
    expect(renderTable(columns, rows, { width: 10 }).split('\n')[1]).toBe('demo-… abcdef 0.0.0.0…');
  });
});

describe('a table with columns that may be left out', () => {
  const columns = [
    { title: 'NAME', value: (row: readonly string[]) => row[0] ?? '', shrinksTo: 6, importance: 2 },
    { title: 'IMAGE', value: (row: readonly string[]) => row[1] ?? '', shrinksTo: 5, importance: 1, isOptional: true },
    { title: 'COMMAND', value: (row: readonly string[]) => row[2] ?? '', shrinksTo: 7, isOptional: true },
  ];
  const rows = [['demo-web-1', 'busybox:latest', '"sleep 1000000"']];
  it.each([
    [80, 'demo-web-1   busybox:latest   "sleep 1000000"'],
    [38, 'demo-web-1  busybox:latest  "sleep 10…'],
    [30, 'demo-web-1  busybox:…  "sleep…'],
    [25, 'demo-web-1  busybox:late…'],
    [18, 'demo-web-1  busyb…'],
    [12, 'demo-web-1'],
    [8, 'demo-we…'],
  ])('in %d columns shows names whole as long as it can', (width, line) => {
    expect(renderTable(columns, rows, { width }).split('\n')[1]).toBe(line);
  });
});

describe('ports', () => {
  it('joins neighbours that are published side by side', () => {
    const port = (PrivatePort: number, PublicPort?: number, IP = '0.0.0.0') => ({ PrivatePort, Type: 'tcp', ...(PublicPort && { PublicPort, IP }) });
    expect(formatPorts([port(81, 8081), port(80, 8080), port(80, 8080, '::'), port(90)])).toBe('0.0.0.0:8080-8081->80-81/tcp, [::]:8080->80/tcp, 90/tcp');
  });
});

describe('a text', () => {
  it.each([
    ['sh -c "x"', '"sh -c \\"x\\""'],
    ['a\\b', '"a\\\\b"'],
    ['line\nnext\ttab\x1b[0m', '"line\\nnext\\ttab\\x1b[0m"'],
    ['ü…\u202e', '"ü…\\u202e"'],
  ])('%j is quoted as Go does', (text, quoted) => expect(goQuote(text)).toBe(quoted));
});

describe('log lines', () => {
  const setUp = (options: { colours?: boolean; prefix?: boolean } = {}) => {
    const output = new MemoryOutput();
    const printer = new LogPrinter({ output, colours: false, prefix: true, ...options });
    printer.add('web-1');
    printer.add('database-1');
    return { output, printer };
  };

  it('stand behind the name of their container, aligned', () => {
    const { output, printer } = setUp();
    void printer.print('web-1', Buffer.from('one\ntwo\n'));
    void printer.print('database-1', Buffer.from('three\n'));
    expect(output.text).toBe('web-1       | one\nweb-1       | two\ndatabase-1  | three\n');
  });

  it('are aligned anew when a container with a longer name joins', () => {
    const { output, printer } = setUp();
    printer.add('a-very-long-name-1');
    void printer.print('web-1', Buffer.from('x\n'));
    expect(output.text).toBe('web-1               | x\n');
  });

  it('have one colour for each container, also in what we say about it', () => {
    const { output, printer } = setUp({ colours: true });
    void printer.print('web-1', Buffer.from('x\n'));
    printer.say('database-1', 'exited with code 1');
    expect(output.text).toBe('\x1b[36mweb-1       | \x1b[0mx\n\x1b[33mdatabase-1\x1b[0m exited with code 1\n');
  });

  it('are printed as they are without prefix', () => {
    const { output, printer } = setUp({ prefix: false });
    void printer.print('web-1', Buffer.from('a\nb\n'));
    expect(output.text).toBe('a\nb\n');
  });
});
