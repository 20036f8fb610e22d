import { readFileSync } from 'node:fs';

import { type Recording, RECORDING_FORMAT } from '../../conformance/recording.js';
import type { OrgKind } from './model/domain.js';
import { describeChoice, fits, SETTINGS } from './settings.js';
import { settingText } from './switches-table.js';
import type { Switches } from './switches.js';

export const ORG_KINDS: readonly OrgKind[] = ['production', 'developer', 'sandbox', 'scratch'];

/** What a recording tells the local org to be. */
export interface Settled {
  kind: OrgKind;
  devHub: boolean;
  /** Only those switches that the recording settles. */
  switches: Partial<Switches>;
}

/** A file that is no recording, or one that says what the local org can't be. Its message is one line. */
export class UnusableRecording extends Error {}

/**
 * Reads a recording of the conformance kit for what it settles: the kind of org, its highest API version, and each switch
 * that a verdict of an answered probe names a setting for.
 *
 * @throws {UnusableRecording}
 */
export function settledBy(file: string): Settled {
  const { org, probes } = recordingIn(file);
  const from = new Map<string, { probe: string; setting: unknown }>();
  for (const { probe, verdicts } of probes.filter(({ outcome }) => outcome === 'answered')) {
    for (const [name, setting] of verdicts.flatMap(({ settings }) => Object.entries(settings ?? {}))) {
      checkSetting(`${file}, probe ${probe}`, name, setting);
      const earlier = from.get(name);
      if (earlier !== undefined && JSON.stringify(earlier.setting) !== JSON.stringify(setting)) {
        const settings = `${JSON.stringify(earlier.setting)} and ${JSON.stringify(setting)}`;
        throw new UnusableRecording(`${file}: probes ${earlier.probe} and ${probe} disagree on ${name}: ${settings}.`);
      }
      from.set(name, { probe, setting });
    }
  }
  const version = Number.parseInt(org.apiVersion ?? '', 10);
  const switches = {
    ...(Number.isNaN(version) ? {} : { maxApiVersion: version }),
    ...Object.fromEntries([...from].map(([name, { setting }]) => [name, setting])),
  };
  return { kind: org.kind, devHub: org.devHub === true, switches };
}

/** `name setting, name setting`, for a person. */
export function settledText({ switches }: Settled): string {
  const names = Object.keys(switches) as (keyof Switches)[];
  return names.map((name) => `${name} ${settingText(switches[name])}`).join(', ') || 'none of the switches';
}

/** @throws {UnusableRecording} */
function recordingIn(file: string): Recording {
  const refuse = (reason: string): never => {
    throw new UnusableRecording(`${file} is no recording of the conformance kit: ${reason}.`);
  };
  const { format, org, probes } = objectIn(parsed(file)) ?? refuse('it holds no JSON object');
  if (format !== RECORDING_FORMAT) refuse(`its format is ${JSON.stringify(format)}, not ${RECORDING_FORMAT}`);
  const { kind, apiVersion } = objectIn(org) ?? refuse('it has no org');
  if (!ORG_KINDS.includes(kind as OrgKind)) refuse(`its org is of kind ${JSON.stringify(kind)}`);
  if (apiVersion !== undefined && !(typeof apiVersion === 'string' && /^(3[1-9]|[4-9]\d|\d{3})\.0$/.test(apiVersion))) {
    refuse(`its org has the API version ${JSON.stringify(apiVersion)}`);
  }
  const list: unknown[] = Array.isArray(probes) ? probes : refuse('it has no list of probes');
  for (const [index, entry] of list.entries()) {
    const fault = faultOfProbe(objectIn(entry));
    if (fault !== undefined) refuse(`entry ${index + 1} of its probes ${fault}`);
  }
  return { org, probes } as Recording;
}

function parsed(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new UnusableRecording(`The recording ${file} can't be read: ${code}.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new UnusableRecording(`${file} is no recording of the conformance kit: it isn't JSON.`);
  }
}

function faultOfProbe(entry: Record<string, unknown> | undefined): string | undefined {
  if (typeof entry?.['probe'] !== 'string' || typeof entry['outcome'] !== 'string') return 'has no name or no outcome';
  if (!Array.isArray(entry['verdicts'])) return 'has no list of verdicts';
  const verdicts = entry['verdicts'].map(objectIn);
  if (verdicts.includes(undefined)) return 'has a verdict that is no object';
  const settings = verdicts.map((verdict) => objectIn(verdict?.['settings'] ?? {}));
  return settings.includes(undefined) ? 'has a verdict whose settings are no object' : undefined;
}

function checkSetting(where: string, name: string, setting: unknown): void {
  if (!Object.hasOwn(SETTINGS, name)) throw new UnusableRecording(`${where}: the local org has no switch ${name}.`);
  const choice = SETTINGS[name as keyof Switches];
  if (fits(choice, setting)) return;
  throw new UnusableRecording(`${where}: ${name} can't be ${JSON.stringify(setting)}, only ${describeChoice(choice)}.`);
}

function objectIn(value: unknown): Record<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : undefined;
}
