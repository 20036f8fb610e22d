import { expect } from 'chai';
import { Failure, type FailureCode } from '../../src/failure.js';

/** The Failure that the action throws, which must have this code. */
export function failureOf(code: FailureCode, action: () => unknown): Failure {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  return checked(code, thrown);
}

/** As {@link failureOf}, for a promise. */
export async function rejectionOf(code: FailureCode, promise: Promise<unknown>): Promise<Failure> {
  return checked(
    code,
    await promise.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

function checked(code: FailureCode, thrown: unknown): Failure {
  expect(thrown, `a Failure ${code}`).to.be.instanceOf(Failure);
  const failure = thrown as Failure;
  expect(failure.code).to.equal(code);
  return failure;
}
