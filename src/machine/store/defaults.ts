import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Config, Global, OrgConfigProperties } from '@salesforce/core';
import type { NewFile } from '../files/replace-together.js';
import { readState, stateFile, type Json } from './state-files.js';

/** Where the defaults stand: the project's configuration within a project, else the user's. */
export type DefaultsFiles = {
  path: string;
  /** The same configuration under the names of old sfdx, which core keeps in step; undefined where it doesn't. */
  sfdxPath: string | undefined;
};

export async function findDefaultsFiles(): Promise<DefaultsFiles> {
  return filesOf(await Config.create({ isGlobal: false }).catch(() => Config.create({ isGlobal: true })));
}

/** Every configuration that has a say here and exists: the project's, where there is one, and the user's. */
export async function findAllDefaultsFiles(): Promise<DefaultsFiles[]> {
  const local = await Config.create({ isGlobal: false }).catch(() => undefined);
  const user = filesOf(await Config.create({ isGlobal: true }));
  const all = local === undefined || local.getPath() === user.path ? [user] : [filesOf(local), user];
  return all.filter(({ path, sfdxPath }) => existsSync(path) || (sfdxPath !== undefined && existsSync(sfdxPath)));
}

function filesOf(config: Config): DefaultsFiles {
  const path = config.getPath();
  const sfdxFolder = join(dirname(dirname(path)), Global.SFDX_STATE_FOLDER);
  return { path, sfdxPath: Global.SFDX_INTEROPERABILITY ? join(sfdxFolder, 'sfdx-config.json') : undefined };
}

/** The configuration with the org as a default, as both files. */
export function withDefaults(
  { path, sfdxPath }: DefaultsFiles,
  org: string,
  roles: { setDefault: boolean; setDefaultDevHub: boolean },
): NewFile[] {
  const values = {
    ...merged(path, sfdxPath),
    ...(roles.setDefault ? { [OrgConfigProperties.TARGET_ORG]: org } : {}),
    ...(roles.setDefaultDevHub ? { [OrgConfigProperties.TARGET_DEV_HUB]: org } : {}),
  };
  return bothFiles({ path, sfdxPath }, values);
}

/** The variables of the configuration that name one of these orgs: `target-org` and its like. */
export function variablesNaming({ path, sfdxPath }: DefaultsFiles, orgs: string[]): string[] {
  const values = merged(path, sfdxPath);
  return Object.keys(values).filter((key) => orgs.includes(values[key] as string));
}

/** The configuration without some of its variables, as both files; none if it has none of them. */
export function withoutVariables({ path, sfdxPath }: DefaultsFiles, variables: string[]): NewFile[] {
  if (variables.length === 0) return [];
  const values = Object.entries(merged(path, sfdxPath)).filter(([key]) => !variables.includes(key));
  return bothFiles({ path, sfdxPath }, Object.fromEntries(values));
}

function bothFiles({ path, sfdxPath }: DefaultsFiles, values: Json): NewFile[] {
  const file = stateFile(path, JSON.stringify(values, null, 2));
  if (sfdxPath === undefined) return [file];
  return [stateFile(sfdxPath, JSON.stringify(renamed(values, 'old'), null, 2)), file];
}

/** Of a value that both files have, the one in the file that was written last counts, as for core. */
function merged(path: string, sfdxPath: string | undefined): Json {
  const own = readState(path);
  if (sfdxPath === undefined) return own;
  const old = renamed(readState(sfdxPath), 'new');
  return writtenAt(sfdxPath) > writtenAt(path) ? { ...own, ...old } : { ...old, ...own };
}

function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** `target-org` is `defaultusername` in old sfdx, and so on. */
function renamed(values: Json, names: 'old' | 'new'): Json {
  const pairs = Config.getAllowedProperties().flatMap(({ key, newKey, deprecated }) =>
    deprecated === true && newKey !== undefined ? [names === 'old' ? [newKey, key] : [key, newKey]] : [],
  ) as Array<[from: string, to: string]>;
  const names_ = new Map(pairs);
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [names_.get(key) ?? key, value]));
}
