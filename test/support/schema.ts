import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';

const SCHEMAS = join(import.meta.dirname, '..', '..', 'schemas');

/** Checks a command's `--json` result against the schema that is shipped for it, such as `jwt-connect`. */
export function expectSchema(name: string, result: unknown): void {
  const ajv = new Ajv({ allErrors: true });
  const validate = ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, `${name}.json`), 'utf8')) as object);
  expect(validate(result), JSON.stringify(validate.errors)).to.equal(true);
}
