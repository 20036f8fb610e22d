import { text } from '../model/apps.js';
import { restDateTime } from '../model/clock.js';
import type { TestRun } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import type { Row, SObjectType } from '../sobjects/types.js';

const apexClass: SObjectType = {
  name: 'ApexClass',
  label: 'Apex Class',
  keyPrefix: '01p',
  fields: {
    Id: 'id',
    Name: 'string',
    NamespacePrefix: 'string',
    ApiVersion: 'int',
    Body: 'string',
    LengthWithoutComments: 'int',
    Status: 'string',
    CreatedDate: 'datetime',
    LastModifiedDate: 'datetime',
  },
  rows: (state) =>
    state.componentsOf('ApexClass').map(({ id, fullName, fields, createdAt, modifiedAt }) => ({
      Id: id,
      Name: fullName,
      NamespacePrefix: state.identity.namespace,
      ApiVersion: Number(text(fields, 'apiVersion')),
      Body: text(fields, 'content') ?? '',
      LengthWithoutComments: (text(fields, 'content') ?? '').length,
      Status: text(fields, 'status') ?? 'Active',
      CreatedDate: restDateTime(createdAt),
      LastModifiedDate: restDateTime(modifiedAt),
    })),
};

const isOver = (state: OrgState, run: TestRun): boolean => run.endsAt <= state.clock.elapsed();

const apexTestRunResult: SObjectType = {
  name: 'ApexTestRunResult',
  label: 'Apex Test Run Result',
  keyPrefix: '05m',
  fields: {
    Id: 'id',
    AsyncApexJobId: 'reference',
    UserId: 'reference',
    Status: 'string',
    StartTime: 'datetime',
    EndTime: 'datetime',
    TestTime: 'int',
    TestSetupTime: 'int',
    ClassesCompleted: 'int',
    ClassesEnqueued: 'int',
    MethodsCompleted: 'int',
    MethodsEnqueued: 'int',
    MethodsFailed: 'int',
  },
  rows: (state) => state.testRuns.map((run) => runRow(state, run)),
};

function runRow(state: OrgState, run: TestRun): Row {
  const over = isOver(state, run);
  const methods = run.classes.reduce((sum, entry) => sum + entry.methods.length, 0);
  return {
    Id: run.resultId,
    AsyncApexJobId: run.id,
    UserId: run.userId,
    Status: over ? 'Completed' : 'Processing',
    StartTime: restDateTime(run.startedAt),
    EndTime: over ? restDateTime(run.endsAt) : null,
    TestTime: over ? methods : null,
    TestSetupTime: over ? 0 : null,
    ClassesCompleted: over ? run.classes.length : 0,
    ClassesEnqueued: run.classes.length,
    MethodsCompleted: over ? methods : 0,
    MethodsEnqueued: methods,
    MethodsFailed: over && state.switches.apexTests === 'fail' ? methods : 0,
  };
}

const apexTestQueueItem: SObjectType = {
  name: 'ApexTestQueueItem',
  label: 'Apex Test Queue Item',
  keyPrefix: '709',
  fields: {
    Id: 'id',
    ApexClassId: 'reference',
    ParentJobId: 'reference',
    Status: 'string',
    TestRunResultId: 'reference',
  },
  parents: { ApexClass: { object: 'ApexClass', key: 'ApexClassId' } },
  rows: (state) =>
    state.testRuns.flatMap((run) =>
      run.classes.map(({ queueItemId, classId }) => ({
        Id: queueItemId,
        ApexClassId: classId,
        ParentJobId: run.id,
        Status: isOver(state, run) ? 'Completed' : 'Processing',
        TestRunResultId: run.resultId,
      })),
    ),
};

/** A method has a result when the run is over. */
const apexTestResult: SObjectType = {
  name: 'ApexTestResult',
  label: 'Apex Test Result',
  keyPrefix: '07M',
  fields: {
    Id: 'id',
    ApexClassId: 'reference',
    ApexLogId: 'reference',
    ApexTestRunResultId: 'reference',
    AsyncApexJobId: 'reference',
    QueueItemId: 'reference',
    IsTestSetup: 'boolean',
    Message: 'string',
    MethodName: 'string',
    Outcome: 'string',
    RunTime: 'int',
    StackTrace: 'string',
    TestTimestamp: 'datetime',
  },
  parents: { ApexClass: { object: 'ApexClass', key: 'ApexClassId' } },
  rows: (state) => state.testRuns.filter((run) => isOver(state, run)).flatMap((run) => resultRows(state, run)),
};

function resultRows(state: OrgState, run: TestRun): Row[] {
  const failed = state.switches.apexTests === 'fail';
  const nameOf = (id: string): string =>
    state.componentsOf('ApexClass').find((entry) => entry.id === id)?.fullName ?? '';
  return run.classes.flatMap(({ classId, queueItemId, methods }) =>
    methods.map(({ id, name }) => ({
      Id: id,
      ApexClassId: classId,
      ApexLogId: null,
      ApexTestRunResultId: run.resultId,
      AsyncApexJobId: run.id,
      QueueItemId: queueItemId,
      IsTestSetup: false,
      Message: failed ? 'System.AssertException: Assertion Failed' : null,
      MethodName: name,
      Outcome: failed ? 'Fail' : 'Pass',
      RunTime: 1,
      StackTrace: failed ? `Class.${nameOf(classId)}.${name}: line 1, column 1` : null,
      TestTimestamp: restDateTime(run.endsAt),
    })),
  );
}

export const apexObjects: readonly SObjectType[] = [apexClass, apexTestRunResult, apexTestQueueItem, apexTestResult];
