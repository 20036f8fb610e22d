import { expect } from 'chai';
import { JwtError } from '../../src/flows/api/index.js';

/** What a call of the API ends with. */
export async function errorOf(call: Promise<unknown>): Promise<JwtError> {
  try {
    await call;
  } catch (error) {
    expect(error).to.be.instanceOf(JwtError);
    return error as JwtError;
  }
  throw new Error('It succeeded');
}

/** What a call says to the outside: nothing. */
export async function printedBy(call: () => Promise<unknown>): Promise<string> {
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((stream) => stream.write.bind(stream));
  let printed = '';
  const record = (chunk: string | Uint8Array): boolean => {
    printed += chunk.toString();
    return true;
  };
  for (const stream of streams) stream.write = record;
  try {
    await call();
  } finally {
    streams.forEach((stream, index) => (stream.write = writes[index]!));
  }
  return printed;
}
