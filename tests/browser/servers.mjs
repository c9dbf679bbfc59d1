// Servers of tests' own, which may be stopped and started.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limited } from './limits.mjs';

const { CITYHEART_BINARY: binary } = process.env;
const SIGN_IN = /Sign in: +(\S+) +\/ +(\S+)/;

/** Starts the program; settles with its process, its address and what it said until then. */
export async function start(args, env = {}) {
  assert.ok(binary, 'CITYHEART_BINARY names the program, as `make browser` sets it');
  const child = spawn(binary, args, { env: { ...process.env, ...env } });
  process.on('exit', () => child.kill('SIGKILL'));
  let said = '';
  const address = new Promise((settle, fail) => {
    const read = (text) => {
      said += text;
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (url && (args[0] !== 'demo' || SIGN_IN.test(said))) settle(`${url}/`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', () => fail(new Error(`The server ended before it said its address: ${said}`)));
    child.on('error', fail);
  });
  const at = await limited(60, address, () => `the server's address; it said: ${said}`).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return { child, at, said: () => said };
}

const ended = ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null;

export async function stop({ child }, signal = 'SIGTERM') {
  if (ended(child)) return;
  const closed = new Promise((settle) => child.on('close', settle));
  child.kill(signal);
  await limited(30, closed, () => `the end of the server after ${signal}`).finally(() => child.kill('SIGKILL'));
}

/**
 * A demo server with a plan of its own, its file and its editor; it can be stopped and started again at the same
 * address.
 */
export async function serveDemo() {
  const folder = mkdtempSync(join(tmpdir(), 'cityheart-test-'));
  let server = await start(['demo', '--listen', '127.0.0.1:0'], { TMPDIR: folder });
  const { at } = server;
  const plan = join(
    folder,
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) => path.endsWith('.gpkg')),
  );
  const [, login, password] = SIGN_IN.exec(server.said());
  return {
    at,
    folder,
    plan,
    who: { login, password },
    /** Somebody who may sign in, with the options of `user add`; settles with their login and password. */
    add: (login, ...options) => {
      const who = { login, password: `${login} and a long word` };
      const { status, stderr } = spawnSync(binary, ['user', 'add', login, ...options, '--plan', plan, '--password-stdin'], {
        input: `${who.password}\n`,
        encoding: 'utf8',
        timeout: 30_000,
      });
      assert.equal(status, 0, `user add: ${stderr}`);
      return who;
    },
    // The demo tidies its plan away unless it has no time to.
    stop: () => stop(server, 'SIGKILL'),
    start: async () => {
      if (ended(server.child)) server = await start(['serve', plan, '--listen', new URL(at).host]);
    },
    remove: async () => {
      await stop(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
