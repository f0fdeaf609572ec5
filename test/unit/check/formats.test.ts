import { describe, expect, it } from 'vitest';
import { FORMATS, type Finding, type Report, findingsOf, isClean } from '../../../src/check/index.ts';

const position = (line: number, column: number) => ({ line, column, offset: 0 });
const finding: Finding = {
  code: 'port.clash',
  severity: 'error',
  message: 'a, b: 100%\n<c> "d" \u0007',
  path: 'services.a.ports[0]',
  hint: 'do & be',
  range: { file: '/w/dir x/compose.yaml', start: position(3, 5), end: position(3, 9) },
  related: [{ message: 'first', range: { file: 'other.yaml', start: position(1, 1), end: position(1, 2) } }],
};
const warning: Finding = { code: 'image.latest', severity: 'warning', message: 'newest' };
const project = (name: string, findings: readonly Finding[]) => ({ name, findings, files: [], silenced: 0 });
const report: Report = { projects: [project('one', [finding, warning]), project('two', [finding]), project('three', [])], strict: false };
const context = { workingDirectory: '/w', version: '1.2.3' };

describe('formats', () => {
  it('github: workflow commands, escaped, each finding once', () => {
    expect(FORMATS.github(report, context)).toBe(
      '::error file=dir x/compose.yaml,line=3,col=5,endLine=3,endColumn=9,title=port.clash::services.a.ports[0]: a, b: 100%25%0A<c> "d" \u0007 (do & be)\n' +
        '::warning title=image.latest::newest\n',
    );
  });

  it('gitlab: a code quality report with stable, distinct fingerprints', () => {
    const twice: Report = { projects: [project('one', [finding, { ...finding, range: { ...finding.range!, start: position(9, 1) } }])], strict: false }; // the constant above has a range
    const issues = JSON.parse(FORMATS.gitlab(twice, context)) as { fingerprint: string }[];
    expect(issues[0]).toMatchObject({ check_name: 'port.clash', severity: 'major', location: { path: 'dir x/compose.yaml', lines: { begin: 3, end: 3 } } });
    expect(new Set(issues.map((issue) => issue.fingerprint)).size).toBe(2);
    const moved: Report = { projects: [project('one', [{ ...finding, range: { ...finding.range!, start: position(7, 1) } }])], strict: false }; // as above
    expect(JSON.parse(FORMATS.gitlab(moved, context))[0].fingerprint).toBe(issues[0]?.fingerprint);
  });

  it('sarif: rules, encoded addresses, related places', () => {
    const log = JSON.parse(FORMATS.sarif(report, context));
    const [run] = log.runs;
    expect(log.version).toBe('2.1.0');
    expect(run.tool.driver).toMatchObject({ name: 'tscompose', version: '1.2.3' });
    expect(run.results[0]).toMatchObject({
      ruleId: 'port.clash',
      level: 'error',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'dir%20x/compose.yaml' }, region: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 9 } } }],
      relatedLocations: [{ message: { text: 'first' } }],
    });
    expect(run.tool.driver.rules[run.results[0].ruleIndex].id).toBe('port.clash');
    expect(run.results[1].locations).toBeUndefined();
  });

  it('junit: a suite for each project; warnings fail with --strict only', () => {
    const text = FORMATS.junit(report, context);
    expect(text).toContain('<testsuite name="one" tests="2" failures="1">');
    expect(text).toContain('<testsuite name="three" tests="1" failures="0">\n    <testcase classname="tscompose.check" name="three"/>');
    expect(text).toContain('100%&#10;&lt;c&gt; &quot;d&quot; ? (do &amp; be)');
    expect(FORMATS.junit({ ...report, strict: true }, context)).toContain('<testsuite name="one" tests="2" failures="2">');
  });

  it('json: everything, with counts of what is shown once', () => {
    expect(JSON.parse(FORMATS.json(report))).toMatchObject({ format: 1, ok: false, counts: { error: 1, warning: 1, info: 0 }, projects: [{ name: 'one', findings: [{ code: 'port.clash', fixable: false }, {}] }, {}, { findings: [] }] });
  });
});

describe('a report', () => {
  it('is clean without errors, and with --strict without warnings', () => {
    const only = (severity: Finding['severity'], strict: boolean) => isClean({ projects: [project('p', [{ ...warning, severity }])], strict });
    expect([only('error', false), only('warning', false), only('warning', true), only('info', true)]).toEqual([false, true, false, true]);
  });

  it('keeps findings without a place apart by project', () => {
    expect(findingsOf({ projects: [project('a', [warning]), project('b', [warning])], strict: false })).toHaveLength(2);
  });
});
