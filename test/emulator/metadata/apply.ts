import type { User } from '../model/domain.js';
import type { OrgState } from '../model/org-state.js';
import type { DeployMessage, DeployOptions } from './deploy-message.js';
import { Draft } from './draft.js';
import type { Package, PackageFile } from './package.js';
import { saveComponent } from './rules.js';
import { addDefaultPolicies } from './rules-eca.js';
import { checkOauthSibling } from './rules-eca-global.js';
import { trackChange } from '../scratch-orgs/source-members.js';
import { ECA_GLOBAL, METADATA_TYPES, PERMISSION_SET, rootElement } from './types.js';
import { ComponentProblem, readComplexType, readUntyped } from './validate.js';
import { parseXml, XmlSyntaxError } from './xml.js';

/** Saves a package as one transaction and says what became of every component. */
export function applyPackage(state: OrgState, user: User, contents: Package, options: DeployOptions): DeployMessage[] {
  const draft = new Draft(state, user);
  const files = [...contents.files].sort((a, b) => rank(a) - rank(b));
  const messages = files.map((file) => applyFile(draft, user, file, options.ignoreWarnings));
  recheckGlobalSettings(draft, messages);
  messages.push(
    ...inOrder(contents.destructive).map((entry) => applyDeletion(draft, user, entry)),
    ...contents.problems,
  );
  if (contents.problems.length === 0) messages.push(packageSuccess());
  const failed = messages.some(({ success }) => !success);
  if (!options.checkOnly && !(failed && options.rollbackOnError)) {
    addDefaultPolicies(draft);
    draft.commit();
    for (const { success, changed, componentType: type, fullName, id = '', deleted } of messages) {
      if (success && changed && type !== '') trackChange(state, user, { type, fullName, id, deleted });
    }
  }
  return messages;
}

/** What refers to others goes first, or it would be gone with them. */
function inOrder(deletions: Package['destructive']): Package['destructive'] {
  const place = ({ type }: { type: string }): number => METADATA_TYPES.findIndex(({ name }) => name === type);
  return [...deletions].sort((a, b) => place(b) - place(a));
}

const rank = (file: PackageFile): number => METADATA_TYPES.indexOf(file.type);

/**
 * Deploying takes a permission, changing apps some more: "Customize Application" and either "Modify All Data" or "Create,
 * edit, and delete External Client Apps" (the page on creating an External Client App lists them). No recording shows
 * the words; these are the platform's usual ones.
 */
function requirePermissions(state: OrgState, user: User, type: string): void {
  if (type === PERMISSION_SET) return;
  const has = (name: string): boolean => state.hasPermission(user, name);
  if (has('CustomizeApplication') && (has('ModifyAllData') || has('ExternalClientAppDeveloper'))) return;
  throw new ComponentProblem('insufficient access rights on object id', {
    statusCode: 'INSUFFICIENT_ACCESS_OR_READONLY',
  });
}

function applyFile(draft: Draft, user: User, file: PackageFile, ignoreWarnings: boolean): DeployMessage {
  const message = {
    componentType: file.type.name,
    fileName: file.fileName,
    fullName: file.fullName,
    changed: false,
    created: false,
    deleted: false,
  };
  try {
    requirePermissions(draft.state, user, file.type.name);
    const root = parseXml(file.xml);
    if (root.name !== rootElement(file.type, file.fullName)) {
      throw new ComponentProblem(`Error parsing file: Unexpected element ${root.name}`);
    }
    const fields = file.type.isSettings ? readUntyped(root) : readComplexType(root, file.type.name);
    delete fields['fullName'];
    if (file.content !== undefined) fields['content'] = file.content;
    const request = { fullName: file.fullName, fields, ignoreWarnings, merge: false };
    const { component, created, changed } = saveComponent(draft, file.type.name, request);
    return { ...message, id: component.id, created, changed, success: true };
  } catch (error) {
    return { ...message, success: false, ...describe(error) };
  }
}

type Problem = Pick<DeployMessage, 'problem' | 'problemType' | 'lineNumber' | 'columnNumber'>;

function describe(error: unknown): Problem {
  if (error instanceof XmlSyntaxError) {
    const { line: lineNumber, column: columnNumber } = error;
    return { problem: `Error parsing file: ${error.message}`, problemType: 'Error', lineNumber, columnNumber };
  }
  if (!(error instanceof ComponentProblem)) throw error;
  const place = error.position && { lineNumber: error.position.line, columnNumber: error.position.column };
  return { problem: error.message, problemType: error.problemType, ...place };
}

/** The sibling of global settings may come later in the same package, so this is looked at when all are in. */
function recheckGlobalSettings(draft: Draft, messages: DeployMessage[]): void {
  for (const [index, message] of messages.entries()) {
    if (message.componentType !== ECA_GLOBAL || !message.success) continue;
    try {
      checkOauthSibling(draft, message.fullName);
    } catch (error) {
      draft.restore(ECA_GLOBAL, message.fullName);
      const { id: _, ...rest } = message;
      messages[index] = { ...rest, created: false, changed: false, success: false, ...describe(error) };
    }
  }
}

function applyDeletion(
  draft: Draft,
  user: User,
  entry: { type: string; fullName: string; fileName: string },
): DeployMessage {
  const message = { componentType: entry.type, fileName: entry.fileName, fullName: entry.fullName };
  const refusal = refusalOfDeletion(draft, user, entry);
  if (refusal !== undefined)
    return { ...message, changed: false, created: false, deleted: false, success: false, ...refusal };
  if (draft.remove(entry.type, entry.fullName)) {
    return { ...message, changed: true, created: false, deleted: true, success: true };
  }
  // Deleting what is not there is a warning; the deployment goes on.
  const problem = `No ${entry.type} named: ${entry.fullName} found`;
  return { ...message, changed: false, created: false, deleted: false, success: true, problem, problemType: 'Warning' };
}

/** A deletion takes the permissions that a change takes. The words for a permission set in use are Setup's, no recording's. */
function refusalOfDeletion(
  draft: Draft,
  user: User,
  { type, fullName }: { type: string; fullName: string },
): Problem | undefined {
  try {
    requirePermissions(draft.state, user, type);
  } catch (error) {
    return describe(error);
  }
  const id = type === PERMISSION_SET ? draft.component(type, fullName)?.id : undefined;
  const isAssigned = draft.state.assignments.some(({ permissionSetId }) => permissionSetId === id);
  if (!isAssigned || draft.state.switches.assignedPermissionSetDeletion === 'allowed') return undefined;
  return {
    problem: `The permission set ${fullName} is assigned to users. Remove it from all of them before you delete it.`,
    problemType: 'Error',
  };
}

function packageSuccess(): DeployMessage {
  return {
    componentType: '',
    fileName: 'package.xml',
    fullName: 'package.xml',
    changed: true,
    created: false,
    deleted: false,
    success: true,
  };
}
