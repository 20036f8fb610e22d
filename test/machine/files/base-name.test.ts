import { checkBaseName } from '../../../src/machine/files/base-name.js';
import { failureOf } from '../../support/failures.js';

describe('base name', () => {
  for (const name of ['server', 'a..b', '.hidden', '-x', 'with space', 'Ünï', 'v1.2', 'console', 'x'.repeat(100)]) {
    it(`may be ${JSON.stringify(name)}`, () => checkBaseName(name));
  }
  const refused = [
    '',
    ' ',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    'a:b',
    'a*',
    'a?',
    '"',
    '<',
    '>',
    '|',
    'a\nb',
    'a\0',
    'con',
    'NUL.x',
    'Com1',
  ];
  for (const name of [...refused, 'ü'.repeat(51)]) {
    it(`may not be ${JSON.stringify(name)}`, () => {
      failureOf('base_name_invalid', () => checkBaseName(name));
    });
  }
});
