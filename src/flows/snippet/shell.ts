import { idOf, jobsOf, shardsOf, type Job, type Step } from './job.js';
import type { PipelineRequest } from './request.js';
import { text } from './text.js';

/** Where the CLI and npm look before they look into HOME. */
const PAST_HOME = [
  ...['CONFIG', 'DATA', 'CACHE', 'STATE'].map((kind) => `XDG_${kind}_HOME`),
  ...['CONFIG', 'DATA', 'CACHE'].flatMap((kind) => [`SF_${kind}_DIR`, `SFDX_${kind}_DIR`]),
  'LOCALAPPDATA',
];

/**
 * A script for bash, on any machine. It has a HOME of its own while it runs, so that logging out never touches the
 * logins of the machine's user, nor those of a script that runs beside it. The CLI's own key has to lie there too: a
 * keychain would be the user's, or, on macOS, not be found from another HOME. Variables that lead the CLI past HOME to
 * folders of the user's are taken out; what npm downloaded stays where it is kept.
 */
export function shellScript(request: PipelineRequest, header: string): string {
  const jobs = jobsOf(request);
  const [first] = jobs;
  if (first === undefined) throw new Error('A pipeline has a job');
  return [
    '#!/usr/bin/env bash',
    ...comment(header),
    'set -euo pipefail',
    `: "\${${request.secretName}:?${text('missing.secret')}}"`,
    ...argumentLines(request, jobs),
    '',
    ...comment(text('comment.home')),
    'export npm_config_cache="${npm_config_cache:-${HOME:-$PWD}/.npm}"',
    'HOME="$(mktemp -d)"',
    `unset ${PAST_HOME.join(' ')}`,
    'export SF_USE_GENERIC_UNIX_KEYCHAIN=true HOME npm_config_prefix="$HOME/npm" PATH="$HOME/npm/bin:$PATH"',
    `trap 'rm -rf "$HOME"' EXIT`,
    '',
    ...(jobs.length === 1
      ? [...logOut(first), '', ...installLines(request, first), ...work(first)]
      : [...installLines(request, first), ...choice(jobs)]),
    '',
  ].join('\n');
}

/** What the script has to be told: which of the shards, or which of its jobs, and how a new key is stored. */
function argumentLines(request: PipelineRequest, jobs: Job[]): string[] {
  const shards = shardsOf(request);
  if (shards > 1) return [`: "\${1:?${text('missing.shard', [shards])}}"`];
  const names = jobs.map(idOf);
  const store = `: "\${SF_JWT_STORE_KEY:?${text('missing.store')}}"`;
  if (jobs.length === 1) return names.includes('rotate') ? [store] : [];
  return [
    `: "\${1:?${text('missing.job', [names.join(', ')])}}"`,
    `case "$1" in ${names.join(' | ')}) ;; *) echo "$1: ${text('missing.job', [names.join(', ')])}" >&2; exit 2 ;; esac`,
    ...(names.includes('rotate') ? [`[ "$1" != rotate ] || ${store}`] : []),
  ];
}

/** The CLI only where it isn't there in that very version. */
function installLines({ cliVersion }: PipelineRequest, { install }: Job): string[] {
  const [npm = '', ...plugin] = install.commands;
  return [`[ "$(sf --version 2>/dev/null | cut -d' ' -f1)" = @salesforce/cli/${cliVersion} ] || ${npm}`, ...plugin];
}

function logOut({ last }: Job): string[] {
  return [
    ...last.flatMap(({ note }) => (note === undefined ? [] : comment(text(note)))),
    'log_out() {',
    '  status=$?',
    ...last.flatMap((step) => step.commands.map((command) => `  ${command} || status=1`)),
    '  rm -rf "$HOME"',
    '  exit "$status"',
    '}',
  ];
}

function work({ variables, steps }: Job): string[] {
  return [
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${value}`),
    'trap log_out EXIT',
    ...steps.flatMap((step) => [...noteOf(step), ...step.commands.flatMap((command) => command.split('\n'))]),
  ];
}

function choice(jobs: Job[]): string[] {
  const branches = jobs.flatMap((job) => [
    `${idOf(job)})`,
    ...[...logOut(job), ...work(job), ';;'].map((line) => `  ${line}`),
  ]);
  return ['case "$1" in', ...branches.map((line) => `  ${line}`), 'esac'];
}

const noteOf = ({ note }: Step): string[] => (note === undefined ? [] : comment(text(note)));
const comment = (words: string): string[] => words.split('\n').map((each) => `# ${each}`);
