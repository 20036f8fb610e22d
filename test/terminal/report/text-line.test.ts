import { expect } from 'chai';
import { textLine } from '../../../src/terminal/report/text-line.js';
import { timeAxis } from '../../../src/terminal/report/time-axis.js';
import { hasUnicode } from '../../../src/terminal/unicode.js';
import { daysFrom, MADE } from '../../support/reports.js';

describe('a time line in a terminal', () => {
  const certificates = {
    long: { notBefore: daysFrom(-360), notAfter: daysFrom(360) },
    soon: { notBefore: daysFrom(-300), notAfter: daysFrom(60) },
    ended: { notBefore: daysFrom(-300), notAfter: daysFrom(-120) },
    later: { notBefore: daysFrom(120), notAfter: daysFrom(9000) },
    none: undefined,
  };
  const rows = Object.values(certificates).map((certificate) => ({ certificate }));
  const axis = timeAxis(rows, MADE);
  const drawn = (unicode: boolean): Record<string, string> =>
    Object.fromEntries(
      Object.entries(certificates).map(([name, life]) => [
        name,
        textLine(life, { axis, now: MADE }, { width: 36, unicode }),
      ]),
    );

  it('shows what is past and left, today, and 30 and 90 days ahead', () => {
    // A character is 30 days and a quarter.
    expect(drawn(true)).to.deep.equal({
      long: '───────────┿━━━━━━━━━━━●············',
      soon: '·──────────┿━●┊·····················',
      ended: '·──────●···│┊·┊·····················',
      later: '···········│┊·┊━━━━━━━━━━━━━━━━━━━━━',
      none: '···········│┊·┊·····················',
    });
  });

  it('has as many characters as it may, all of ASCII where the terminal shows no others', () => {
    for (const width of [1, 2, 16, 36])
      for (const life of Object.values(certificates))
        for (const unicode of [true, false]) {
          const line = textLine(life, { axis, now: MADE }, { width, unicode });
          expect(line).to.have.length(width);
          if (!unicode) expect(line).to.match(/^[ -~]+$/);
        }
    expect(drawn(false)['soon']).to.equal(
      drawn(true)['soon']!.replace(/[·─┿━●┊│]/g, (each) => '.-+=o:|'['·─┿━●┊│'.indexOf(each)]!),
    );
  });
});

describe('a terminal', () => {
  it('shows Unicode if its locale is one of UTF-8, or isn’t known', () => {
    const of = (environment: NodeJS.ProcessEnv): boolean => hasUnicode(environment, 'linux');
    for (const environment of [
      {},
      { LANG: 'en_US.UTF-8' },
      { LANG: 'C', LC_ALL: 'C.utf8' },
      { LANG: '' },
      { TERM: 'xterm' },
    ])
      expect(of(environment), JSON.stringify(environment)).to.equal(true);
    for (const environment of [
      { LANG: 'C' },
      { LANG: 'de_DE.UTF-8', LC_ALL: 'POSIX' },
      { LC_CTYPE: 'de_DE.ISO-8859-1' },
      { TERM: 'linux', LANG: 'C.UTF-8' },
    ])
      expect(of(environment), JSON.stringify(environment)).to.equal(false);
  });

  it('of Windows shows it if it isn’t the old one', () => {
    expect(hasUnicode({}, 'win32')).to.equal(false);
    for (const environment of [
      { WT_SESSION: '1' },
      { TERM_PROGRAM: 'vscode' },
      { CI: 'true' },
      { TERM: 'xterm-256color' },
    ])
      expect(hasUnicode(environment, 'win32'), JSON.stringify(environment)).to.equal(true);
  });
});
