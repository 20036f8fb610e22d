import { type HttpReply, json, jsonBody, restError } from '../http/message.js';
import { type AuthorizedCall, rest, type Route } from '../http/router.js';
import { text } from '../model/apps.js';
import type { Component, TestRun } from '../model/domain.js';
import { sameId } from '../model/ids.js';
import type { OrgState } from '../model/org-state.js';
import { readTestClass } from './test-methods.js';

/** "Running tests asynchronously" of the Tooling API. */
export const apexTestRoutes: readonly Route[] = [rest('POST', '/tooling/runTestsAsynchronous', start)];

interface Selection {
  classId: string;
  methods: string[];
}

interface TestItem {
  className?: string;
  classId?: string;
  testMethods?: string[];
}

const NOTHING_TO_RUN = 'Always provide a classes, suites, tests, or testLevel property';

function start(call: AuthorizedCall): HttpReply {
  const { state, user } = call;
  const { tests, testLevel } = jsonBody(call.request) as { tests?: TestItem[]; testLevel?: string };
  const all = testClasses(state);
  const wanted = tests === undefined ? (testLevel === undefined ? [] : all) : chosen(state, all, tests);
  if ('status' in wanted) return wanted;
  if (wanted.length === 0) return restError(400, 'INVALID_INPUT', NOTHING_TO_RUN);
  const now = state.clock.elapsed();
  const run: TestRun = {
    id: state.ids.next('asyncApexJob'),
    resultId: state.ids.next('apexTestRunResult'),
    userId: user.id,
    startedAt: now,
    endsAt: now + state.switches.deployMs,
    classes: wanted.map(({ classId, methods }) => ({
      queueItemId: state.ids.next('apexTestQueueItem'),
      classId,
      methods: methods.map((name) => ({ id: state.ids.next('apexTestResult'), name })),
    })),
  };
  state.testRuns.push(run);
  return json(200, run.id);
}

function testClasses(state: OrgState): Selection[] {
  return state.componentsOf('ApexClass').flatMap((component) => {
    const methods = methodsOf(component);
    return methods === undefined ? [] : [{ classId: component.id, methods }];
  });
}

const methodsOf = ({ fields }: Component): string[] | undefined =>
  readTestClass(text(fields, 'content') ?? '')?.methods;

/** The words for a class that isn't there are assumed. */
function chosen(state: OrgState, all: Selection[], tests: TestItem[]): Selection[] | HttpReply {
  const selections: Selection[] = [];
  for (const { className, classId, testMethods } of tests) {
    const named = className === undefined ? undefined : state.component('ApexClass', className)?.id;
    const wanted = all.find((entry) => sameId(entry.classId, classId ?? named ?? ''));
    const unknown = testMethods?.find((method) => !wanted?.methods.includes(method));
    if (!wanted || unknown !== undefined) {
      const what = unknown === undefined || !wanted ? `Class ${className ?? classId ?? ''}` : `Method ${unknown}`;
      return restError(400, 'INVALID_INPUT', `${what} is not a valid test in this organization.`);
    }
    selections.push({ classId: wanted.classId, methods: testMethods ?? wanted.methods });
  }
  return selections;
}
