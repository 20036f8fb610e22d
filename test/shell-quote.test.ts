import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { shellQuote } from '../src/shell-quote.js';

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
    const words = fc.array(fc.string({ unit: fc.constantFrom(...Array.from('ab \'"\\$`!*?~#&|;<>()[]{}\t\nü-=')) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(words, (all) => {
        const line = all.map((word) => shellQuote(word, 'linux')).join(' ');
        const echoed = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
        expect(echoed.split('\0').slice(0, -1)).to.deep.equal(all);
      }),
      { numRuns: 60 },
    );
  });
});
