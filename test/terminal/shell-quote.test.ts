import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { shellQuote } from '../../src/terminal/shell-quote.js';

describe('shellQuote', () => {
  it('leaves plain paths as they are', () => {
    expect(shellQuote('/home/me/server.key', 'linux')).to.equal('/home/me/server.key');
    expect(shellQuote('C:\\Users\\me\\server.key', 'win32')).to.equal('C:\\Users\\me\\server.key');
  });

  it('quotes for Windows with double quotes', () => {
    expect(shellQuote('C:\\My Keys\\server.key', 'win32')).to.equal('"C:\\My Keys\\server.key"');
  });

  it('survives a POSIX shell, whatever the text', function () {
    if (process.platform === 'win32') this.skip();
    const words = fc.array(
      fc.string({ unit: fc.constantFrom(...Array.from('ab \'"\\$`!*?~#&|;<>()[]{}\t\n\x1b\x07\u009b\u202eü-=')) }),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(words, (all) => {
        const line = all.map((word) => shellQuote(word, 'linux')).join(' ');
        const echoed = execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], {
          encoding: 'utf8',
          env: { LC_ALL: 'C.UTF-8' },
        });
        expect(line).not.to.match(/[\0-\x1f\x7f-\x9f\u202e]/);
        expect(echoed.split('\0').slice(0, -1)).to.deep.equal(all);
      }),
      { numRuns: 60 },
    );
  });
});
