/**
 * Keeps runs apart that write into the same folders, of which each would see the other's files half done.
 *
 * A run puts an empty file of its own, its claim, into each folder, and then looks for others. Of two runs the later one
 * always sees the earlier one's, so no two go on at the same time. Nobody takes over a claim: its name is used once, and that
 * of a process which is gone counts for nothing. So a kill leaves nothing to repair. Whoever meets another stands in line, with
 * a claim of a second kind; the names begin with the time.
 */
import { createHash, randomBytes } from 'node:crypto';
import nodeFs, { readdirSync, readlinkSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '../../failure.js';

type Claims = Pick<typeof nodeFs, 'closeSync' | 'openSync' | 'rmSync'>;

/** `lock` is the claim of the run that writes, `wait` that of one in line. */
const CLAIM = /^\.sf-jwt-(\d{15}-[0-9a-f]{12})-([0-9a-f]{8})-(\d+)\.(lock|wait)$/;

/**
 * Milliseconds: how long to wait for others, each of which takes as long as the disk does for a few small files, and after
 * which time a claim of another machine, whose processes can't be seen, is that of a run that was killed.
 */
const LIMITS = { wait: 30_000, elsewhere: 10_000 };
/** Milliseconds after which the number of a process is another's. */
const OLD = 10 * 60_000;
const PAUSE = 5;

type Claim = { path: string; id: string; isHere: boolean; pid: number; kind: string };

/** One run: its name, the folders, and since when it has seen which claims of other machines. */
type Run = { id: string; folders: string[]; fs: Claims; seen: Map<string, number>; limits: typeof LIMITS };

/**
 * Runs an action while no other run of this plugin does the same in any of the folders, which have to be there.
 *
 * @param action synchronous, as all of this is, so that no signal comes in between
 * @throws Failure `files_locked`; the system's error where no claim can be written
 */
export function whileAlone<T>(folders: string[], action: () => T, fs: Claims = nodeFs, limits = LIMITS): T {
  const id = `${String(Date.now()).padStart(15, '0')}-${randomBytes(6).toString('hex')}`;
  const run: Run = { id, folders, fs, seen: new Map(), limits };
  try {
    put(run, 'lock');
    if (othersOf(run).length > 0) standInLine(run);
    return action();
  } finally {
    for (const kind of ['lock', 'wait'] as const) take(run, kind);
  }
}

/** Ends when this run has the only `lock`. */
function standInLine(run: Run): void {
  take(run, 'lock');
  put(run, 'wait');
  const end = performance.now() + run.limits.wait;
  for (let isLocked = false; ;) {
    const others = othersOf(run);
    const inTheWay = others.find(({ kind, id }) => kind === 'lock' || (!isLocked && id < run.id));
    if (inTheWay === undefined && isLocked) return;
    if (inTheWay !== undefined && performance.now() > end)
      throw new Failure('files_locked', { path: inTheWay.path, folder: dirname(inTheWay.path) });
    // Two may come to the front together; then the first one stays.
    const goesBack: boolean = isLocked && others.some(({ kind, id }) => kind === 'lock' && id < run.id);
    if (goesBack) take(run, 'lock');
    if (inTheWay === undefined) put(run, 'lock');
    isLocked = inTheWay === undefined || (isLocked && !goesBack);
    pause(PAUSE);
  }
}

function pathsOf({ id, folders }: Run, kind: 'lock' | 'wait'): string[] {
  return folders.map((folder) => join(folder, `.sf-jwt-${id}-${machine()}-${process.pid}.${kind}`));
}

function put(run: Run, kind: 'lock' | 'wait'): void {
  for (const path of pathsOf(run, kind)) run.fs.closeSync(run.fs.openSync(path, 'wx', 0o600));
}

function take(run: Run, kind: 'lock' | 'wait'): void {
  for (const path of pathsOf(run, kind)) remove(path, run.fs);
}

/** Claims of other runs that may be under way; the others are removed. A folder that can't be listed has none. */
function othersOf(run: Run): Claim[] {
  return run.folders.flatMap(claimsIn).filter((claim) => {
    if (claim.id === run.id) return false;
    const lives = claim.isHere ? isRunning(claim) : isNew(claim, run);
    if (!lives) remove(claim.path, run.fs);
    return lives;
  });
}

/** Removes from a folder what runs of this machine left that were killed, for whoever cleans up and writes nothing there. */
export function removeDeadClaims(folder: string): void {
  for (const claim of claimsIn(folder)) if (claim.isHere && !isRunning(claim)) remove(claim.path, nodeFs);
}

function claimsIn(folder: string): Claim[] {
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // A folder may take files and show none.
  }
  return names.flatMap((name) => {
    const [, id = '', where, pid, kind = ''] = CLAIM.exec(name) ?? [];
    return id === '' ? [] : [{ path: join(folder, name), id, isHere: where === machine(), pid: Number(pid), kind }];
  });
}

function isRunning({ path, pid }: Claim): boolean {
  // This process writes one thing after the other, so the number was another's before.
  if (pid === process.pid) return false;
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined || Date.now() - made > OLD) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function isNew({ path }: Claim, { seen, limits }: Run): boolean {
  const since = seen.get(path) ?? performance.now();
  seen.set(path, since);
  return performance.now() - since < limits.elsewhere;
}

/** Where a process has its number: containers with the same name have numbers of their own. */
function machine(): string {
  let space = '';
  try {
    space = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Linux alone has it.
  }
  return createHash('sha256').update(`${hostname()} ${space}`).digest('hex').slice(0, 8);
}

function remove(path: string, fs: Claims): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // In a sticky folder it's its owner's to remove, and it counts for nothing.
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
