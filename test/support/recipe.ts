/** The pages in `docs/recipes`, and their shell blocks run for real: by `bash`, with an `sf` that is this checkout's. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { expect } from 'chai';
import { openWithApp } from './grant.js';
import { environment, RUN_JS } from './plugin.js';
import { CI_USER, type Workplace } from './workplace.js';

const ROOT = join(import.meta.dirname, '..', '..');
export const RECIPES = join(ROOT, 'docs', 'recipes');

/** A fenced block; `heading` is that of the section it stands in. */
export type Block = { heading: string; language: string; text: string; line: number };

export type Outcome = { status: number | null; stdout: string; stderr: string };

/** The pages, without their extension. */
export const pages = readdirSync(RECIPES)
  .filter((name) => name.endsWith('.md'))
  .map((name) => basename(name, '.md'));

export const textOf = (page: string): string => readFileSync(join(RECIPES, `${page}.md`), 'utf8');

/** Whether the machine has everything that the pages' shell blocks use besides `sf`. */
export const hasShell = ['bash', 'curl', 'jq'].every((command) => spawnSync(command, ['--version']).status === 0);

/** Every fenced block of a page. Other fences than those with three backticks don't occur. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: Block | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*```(\S*)$/.exec(line);
    if (open === undefined && fence) open = { heading, language: fence[1] ?? '', text: '', line: index + 1 };
    else if (open === undefined) heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
    else if (fence) {
      blocks.push(open);
      open = undefined;
    } else open.text += `${line}\n`;
  }
  if (open !== undefined) throw new Error(`The block at line ${open.line} doesn't end`);
  return blocks;
}

/** The commands of the plugin by what stands behind `sf jwt`: `sign`, `fleet grant` … */
export function jwtCommands(): Record<string, { flags: Record<string, { char?: string }> }> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, { flags: Record<string, { char?: string }> }>;
  };
  const entries = Object.entries(manifest.commands).map(
    ([id, command]) => [id.replace(/^jwt:/, '').replaceAll(':', ' '), command] as const,
  );
  return Object.fromEntries(entries);
}

/** One page and the local org that its commands run against. */
export class Recipe {
  /** Example values in the page, and what they stand for here. Longer ones are replaced first. */
  public readonly values = new Map<string, string>();
  private readonly blocks: Block[];

  public constructor(
    private readonly page: string,
    private readonly workplace: Workplace,
  ) {
    this.blocks = blocksOf(textOf(page));
    this.values.set('https://example.my.salesforce.com', workplace.org.url);
    this.values.set('ci@example.com', CI_USER);
  }

  /** The blocks of a section in one language; at least one, so that a renamed heading is noticed. */
  public section(heading: string, language = 'sh'): Block[] {
    const found = this.blocks.filter((block) => block.heading === heading && block.language === language);
    expect(found, `${language} blocks under "${heading}"`).not.to.deep.equal([]);
    return found;
  }

  /** A text of the page with this org's values. */
  public fill(text: string): string {
    const examples = [...this.values.keys()].sort((one, other) => other.length - one.length);
    return examples.reduce((filled, example) => filled.replaceAll(example, this.values.get(example) ?? ''), text);
  }

  /**
   * Runs the shell blocks of a section, one after the other, each in a shell of its own that stops at the first error,
   * in the workplace's folder. Each ends with 0; the outcomes come back in order.
   */
  public async run(heading: string, env: Record<string, string> = {}): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const block of this.section(heading)) {
      const outcome = await this.runBlock(block, env);
      expect(outcome.status, `line ${block.line}: ${block.text}\n${outcome.stdout}\n${outcome.stderr}`).to.equal(0);
      outcomes.push(outcome);
    }
    return outcomes;
  }

  /** Runs one block, however it ends. */
  public async runBlock(block: Block, env: Record<string, string> = {}): Promise<Outcome> {
    linesRun(this.page).add(block.line);
    const { home, cwd } = this.workplace;
    const bin = await installLauncher(home);
    const base = environment({ home, env });
    const PATH = [bin, join(ROOT, 'node_modules', '.bin'), base['PATH']].join(delimiter);
    return execute(['-e', '-o', 'pipefail', '-c', this.fill(block.text)], { ...base, PATH }, cwd);
  }
}

/** Where the shell blocks begin that ran, by page. */
const ranByPage = new Map<string, Set<number>>();

function linesRun(page: string): Set<number> {
  const lines = ranByPage.get(page) ?? new Set();
  ranByPage.set(page, lines);
  return lines;
}

/** Fails if the page has a shell block that no test has run. To be called when all tests of the page have run. */
export function expectAllRan(page: string): void {
  const shell = blocksOf(textOf(page)).filter(({ language }) => language === 'sh');
  const left = shell.filter(({ line }) => !linesRun(page).has(line));
  expect(left, 'shell blocks that no test runs').to.deep.equal([]);
}

export const openRecipe = (page: string, workplace: Workplace): Recipe => new Recipe(page, workplace);

/** A page whose reader has an app in the org already. */
export async function openRecipeWithApp(page: string): Promise<{ workplace: Workplace; recipe: Recipe }> {
  const { workplace, clientId } = await openWithApp();
  const recipe = openRecipe(page, workplace);
  recipe.values.set('3MVG9exampleClientId', clientId);
  return { workplace, recipe };
}

async function installLauncher(home: string): Promise<string> {
  const bin = join(home, 'recipe-bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'sf'), `#!/bin/sh\nexec '${process.execPath}' '${RUN_JS}' "$@"\n`, { mode: 0o755 });
  return bin;
}

async function execute(args: string[], env: Record<string, string>, cwd: string): Promise<Outcome> {
  const child = spawn('bash', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}
