import { expect } from 'chai';
import fc from 'fast-check';
import { wrap } from '../../src/terminal/wrap.js';

describe('wrap', () => {
  it('breaks at blanks, and leaves a word that is too long whole', () => {
    expect(wrap('one two three', 8)).to.deep.equal(['one two', 'three']);
    expect(wrap('https://acme.my.salesforce.com is it', 10)).to.deep.equal(['https://acme.my.salesforce.com', 'is it']);
    expect(wrap('one two three', undefined)).to.deep.equal(['one two three']);
  });

  it('gives a command a line of its own, whole', () => {
    const command = 'sf jwt grant --username ci@acme.com --instance-url https://acme.my.salesforce.com';
    expect(wrap(`Log in again, then: ${command}`, 12)).to.deep.equal(['Log in', 'again, then:', command]);
    expect(wrap(command, 20)).to.deep.equal([command]);
  });

  it('loses nothing, and no line with a blank is too long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
        fc.integer({ min: 1, max: 40 }),
        (words, width) => {
          const lines = wrap(`x ${words.join(' ')}`, width);
          expect(lines.join(' ')).to.equal(`x ${words.join(' ')}`);
          for (const line of lines) if (line.includes(' ')) expect(line.length).to.be.at.most(width);
        },
      ),
    );
  });
});
