/** A headless Chromium, driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/). */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const NAMES = [process.env['CHROME_PATH'], 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The program; undefined where there is none. `CHROME_PATH` names another. */
export const chromium = NAMES.find(
  (name) => name !== undefined && name !== '' && spawnSync(name, ['--version']).status === 0,
);

type Message = {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
};
/** What a page did, by the protocol's name for it. */
export type Happening = { method: string; params: Record<string, unknown> };

export class Browser {
  private sent = 0;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly listeners = new Map<string, (happening: Happening) => void>();

  private constructor(
    private readonly process: ChildProcess,
    private readonly socket: WebSocket,
    private readonly profile: string,
  ) {
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id !== undefined) this.waiting.get(message.id)?.(message);
      else this.listeners.get(message.sessionId ?? '')?.(message as unknown as Happening);
    });
  }

  public static async open(): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'jwt-chromium-'));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const child = spawn(
      chromium!,
      [...flags, '--remote-debugging-port=0', '--hide-scrollbars', `--user-data-dir=${profile}`, 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const lines = createInterface({ input: child.stderr });
    for await (const line of lines) {
      const [url] = /ws:\/\/\S+/.exec(line) ?? [];
      if (url === undefined) continue;
      // The pipe is read on, or it would fill.
      child.stderr.resume();
      const socket = new WebSocket(url);
      await new Promise((resolve, reject) => {
        socket.addEventListener('open', resolve);
        socket.addEventListener('error', () => reject(new Error('The browser takes no connection.')));
      });
      return new Browser(child, socket, profile);
    }
    throw new Error('The browser ended before it could be spoken to.');
  }

  /** Opens a page and waits until it's loaded. */
  public async page(url: string, look: { dark?: boolean; scripts?: boolean; width?: number } = {}): Promise<Page> {
    const { targetId } = (await this.send('Target.createTarget', { url: 'about:blank' })) as { targetId: string };
    const { sessionId } = (await this.send('Target.attachToTarget', { targetId, flatten: true })) as {
      sessionId: string;
    };
    const page = new Page((method, params) => this.send(method, params, sessionId));
    this.listeners.set(sessionId, (happening) => page.happenings.push(happening));
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    const { dark = false, scripts = true, width = 1280 } = look;
    await page.send('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
    await page.send('Emulation.setScriptExecutionDisabled', { value: !scripts });
    const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
    await page.send('Emulation.setEmulatedMedia', { features });
    await page.send('Page.navigate', { url });
    while (!page.happenings.some(({ method }) => method === 'Page.loadEventFired'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    return page;
  }

  public async close(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    await this.send('Browser.close').catch(() => this.process.kill());
    await ended;
    this.socket.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  private async send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    this.sent += 1;
    const id = this.sent;
    const answer = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result, error } = await answer;
    this.waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

export class Page {
  public readonly happenings: Happening[] = [];

  public constructor(public readonly send: (method: string, params?: object) => Promise<unknown>) {}

  /** What an expression is in the page, as plain data; a promise is awaited. */
  public async evaluate<T>(expression: string): Promise<T> {
    const options = { expression, returnByValue: true, awaitPromise: true, userGesture: true };
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', options)) as {
      result: { value: T };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** What it said in its console, what it threw, and what its policy or the browser refused. */
  public complaints(): Happening[] {
    return this.happenings.filter(({ method }) =>
      ['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].includes(method),
    );
  }

  /** The addresses that it asked for, itself among them. */
  public requests(): string[] {
    return this.happenings
      .filter(({ method }) => method === 'Network.requestWillBeSent')
      .map(({ params }) => (params['request'] as { url: string }).url);
  }

  /** @param height of the picture, from the top; undefined: the whole page */
  public async picture(height?: number): Promise<Buffer> {
    const { cssContentSize: size } = (await this.send('Page.getLayoutMetrics')) as {
      cssContentSize: { width: number; height: number };
    };
    const clip = { x: 0, y: 0, width: size.width, height: height ?? size.height, scale: 1 };
    const options = { format: 'png', clip, captureBeyondViewport: true, optimizeForSpeed: false };
    const { data } = (await this.send('Page.captureScreenshot', options)) as { data: string };
    return Buffer.from(data, 'base64');
  }

  /** The page on paper. */
  public async print(): Promise<Buffer> {
    const { data } = (await this.send('Page.printToPDF', { printBackground: true, preferCSSPageSize: true })) as {
      data: string;
    };
    return Buffer.from(data, 'base64');
  }
}
