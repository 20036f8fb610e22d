import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** From where another machine installs this plugin, always pinned; or why it can't. */
export type PluginSource =
  | {
      kind: 'registry';
      /** Name of the package. */
      name: string;
      version: string;
      /** URL of the registry, unless it's npm's own. */
      registry?: string;
    }
  /** The address as npm takes it, without the commit; the commit in full. */
  | { kind: 'git'; url: string; commit: string }
  | { kind: 'tarball'; url: string }
  /** A packed plugin in the repository of the pipeline, by its path from the root. */
  | { kind: 'file'; path: string }
  | {
      kind: 'none';
      /**
       * `link`: a checkout, linked or run as it is. `file`: a file or folder of this machine. `secret`: an address that
       * holds a password or token. `unknown`: nothing on this machine says.
       */
      why: 'link' | 'file' | 'secret' | 'unknown';
    };

/** Where a plugin lies that runs, and what it is. */
export type RunningPlugin = { name: string; root: string; type: string };

type Locked = { version?: string; resolved?: string; link?: boolean };

const NPM_REGISTRY = 'https://registry.npmjs.org/';

/**
 * From where the plugin that runs was installed, as npm wrote it down beside it: in `sf`'s data folder as well as in the
 * folders of `npx` and `npm install`. npm's own lock file has the exact version, commit or address; what was asked for stands
 * in the `package.json` above.
 */
export function sourceOf({ name, root, type }: RunningPlugin): PluginSource {
  const modules = modulesOf(root, name);
  if (type === 'link' || modules === undefined) return { kind: 'none', why: 'link' };
  const { packages } = (readJson(join(modules, '.package-lock.json')) ?? {}) as { packages?: Record<string, Locked> };
  const { version, resolved, link } = packages?.[`node_modules/${name}`] ?? {};
  if (link) return { kind: 'none', why: 'link' };
  if (version === undefined || resolved === undefined) return { kind: 'none', why: 'unknown' };
  if (/^(git\+)?file:/.test(resolved)) return { kind: 'none', why: 'file' };
  const asked = askedFor(join(modules, '..'), name);
  if (resolved.startsWith('git')) return gitSource(resolved, asked);
  return webSource({ name, version, resolved, asked });
}

/** The folder `node_modules` that the plugin lies in; undefined for a checkout. */
function modulesOf(root: string, name: string): string | undefined {
  const folder = name.startsWith('@') ? dirname(dirname(root)) : dirname(root);
  return basename(folder) === 'node_modules' ? folder : undefined;
}

/** What npm was told to install: `^1.0.0`, a URL … `sf` keeps a URL as it was given. */
function askedFor(folder: string, name: string): string {
  const { oclif, dependencies } = (readJson(join(folder, 'package.json')) ?? {}) as {
    oclif?: { plugins?: Array<{ name?: string; url?: string }> };
    dependencies?: Record<string, string>;
  };
  return oclif?.plugins?.find((plugin) => plugin.name === name)?.url ?? dependencies?.[name] ?? '';
}

/** npm notes every repository of a known host as one that is reached by ssh, however it was reached. */
function gitSource(resolved: string, asked: string): PluginSource {
  const [address = '', commit = ''] = resolved.split('#');
  if (!/^[0-9a-f]{40}$/.test(commit)) return { kind: 'none', why: 'unknown' };
  if (holdsSecret(address)) return { kind: 'none', why: 'secret' };
  const overSsh = /^(git\+)?ssh:|^git@/.test(asked);
  const known = /^git\+ssh:\/\/git@((?:github\.com|gitlab\.com|bitbucket\.org)\/.*)$/.exec(address)?.[1];
  return { kind: 'git', url: known === undefined || overSsh ? address : `git+https://${known}`, commit };
}

function webSource({
  name,
  version,
  resolved,
  asked,
}: Record<'name' | 'version' | 'resolved' | 'asked', string>): PluginSource {
  if (holdsSecret(resolved)) return { kind: 'none', why: 'secret' };
  if (/^https?:/.test(asked)) return { kind: 'tarball', url: resolved };
  const [registry = ''] = resolved.split(`${name}/-/`);
  if (registry === resolved) return { kind: 'tarball', url: resolved };
  return { kind: 'registry', name, version, ...(registry === NPM_REGISTRY ? {} : { registry }) };
}

/** Whether an address has a password or a token in it: `https://user:…@host`, `https://token@host`, `?token=…`. */
export function holdsSecret(address: string): boolean {
  if (!URL.canParse(address)) return true;
  const { protocol, username, password, search } = new URL(address);
  return password !== '' || search !== '' || (username !== '' && !protocol.includes('ssh'));
}

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // A file that npm was writing, or a damaged one, says nothing.
    return undefined;
  }
}
