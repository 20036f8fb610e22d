import { PREFIX } from './apps.js';
import { APP_TYPES, deletionOf } from './metadata.js';
import { cell, type OrgApi } from './org-api.js';
import { readUndo, takeBack, undoText, UNDO_PREFIX } from './undo.js';

/** What everything else is a part of. */
const WHOLE = ['ExternalClientApplication', 'ConnectedApp', 'PermissionSet'];

export interface CleanedUp {
  /** What was removed or taken back, one line each. */
  removed: string[];
  /** What could not be, with the org's words. */
  problems: string[];
}

/**
 * Removes everything whose name begins with `JwtConformance`, and takes back what notes in the org say was changed. It goes
 * by the org alone, so it doesn't matter which run, on which machine, left something.
 */
export async function cleanUp(api: OrgApi, changesOnly = false): Promise<CleanedUp> {
  const done: CleanedUp = { removed: [], problems: [] };
  await takeBackChanges(api, done);
  if (changesOnly) return done;
  await endScratchOrgs(api, done);
  await unassign(api);
  await removeComponents(api, done);
  return done;
}

async function takeBackChanges(api: OrgApi, done: CleanedUp): Promise<void> {
  const soql = `SELECT Id, Name, Description FROM PermissionSet WHERE Name LIKE '${PREFIX}%'`;
  const sets = await api.query('permission sets', soql);
  for (const row of sets) {
    const undo = cell(row, 'Name').startsWith(UNDO_PREFIX) ? readUndo(row['Description']) : undefined;
    if (undo === undefined) continue;
    const what = undoText(undo);
    // A license can't be taken from a user while a permission set needs it.
    if ('made' in undo) await unassign(api);
    if (!(await takeBack(api, 'taken back', undo))) done.problems.push(`A change could not be taken back: ${what}.`);
    else if (await api.remove('note', 'PermissionSet', cell(row, 'Id'))) done.removed.push(`a change: ${what}`);
  }
}

async function unassign(api: OrgApi): Promise<void> {
  const soql = `SELECT Id FROM PermissionSetAssignment WHERE PermissionSet.Name LIKE '${PREFIX}%'`;
  for (const row of await api.query('assignments', soql)) {
    await api.remove('assignment', 'PermissionSetAssignment', cell(row, 'Id'));
  }
}

async function removeComponents(api: OrgApi, done: CleanedUp): Promise<void> {
  const found = await api.list('components', [...APP_TYPES, 'PermissionSet']);
  const notes = (name: string): boolean => name.startsWith(UNDO_PREFIX);
  const members = found.filter(({ fullName }) => fullName.startsWith(PREFIX) && !notes(fullName));
  if (members.length === 0) return;
  let end = await api.deploy('removal', deletionOf(members, api.apiVersion));
  if (!end.success) {
    // Where one of an app's parts can't be deleted by itself, it may still go with the app.
    const whole = members.filter(({ type }) => WHOLE.includes(type));
    end = await api.deploy('removal of whole apps', deletionOf(whole, api.apiVersion));
  }
  if (end.success) done.removed.push(...members.map(({ type, fullName }) => `${type} ${fullName}`));
  else done.problems.push(...end.problems);
}

async function endScratchOrgs(api: OrgApi, done: CleanedUp): Promise<void> {
  const soql = `SELECT Id, OrgName FROM ActiveScratchOrg WHERE OrgName LIKE '${PREFIX}%'`;
  for (const row of await api.query('scratch orgs', soql)) {
    if (await api.remove('scratch org', 'ActiveScratchOrg', cell(row, 'Id')))
      done.removed.push(`scratch org ${cell(row, 'OrgName')}`);
    else done.problems.push(`The scratch org ${cell(row, 'OrgName')} could not be deleted.`);
  }
}
