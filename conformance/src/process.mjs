// A server as a child process: started, waited for, stopped; its output is kept for a failure.

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server may take to answer for the first time, in milliseconds. */
const START_LIMIT = 60_000;
/** How long a server may take to stop after SIGTERM before it is killed, in milliseconds. */
const STOP_LIMIT = 10_000;
/** How much of a server's output is kept, in characters. */
const OUTPUT_LIMIT = 200_000;

/** Runs a program to its end; a non-zero exit code is an error that carries the output. */
export async function runToEnd(command, args, env) {
  const child = start(command, args, env);
  await child.exited;
  if (child.exitCode() !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${child.exitCode()}:\n${child.output()}`);
  }
  return child.output();
}

/** Starts a server and waits until `ready` resolves to true. */
export async function startServer(command, args, env, ready) {
  const child = start(command, args, env);
  const deadline = Date.now() + START_LIMIT;
  while (!(await ready(child).catch(() => false))) {
    if (child.exitCode() !== null || Date.now() > deadline) {
      await child.stop();
      throw new Error(`${command} ${args.join(' ')} did not start:\n${child.output()}`);
    }
    await sleep(25);
  }
  return child;
}

function start(command, args, env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-OUTPUT_LIMIT);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.on('error', (error) => keep(`${error.message}\n`));
  const exited = Promise.race([once(child, 'close'), once(child, 'error').then(() => {})]).catch(() => {});
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid) {
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
      await exited;
      clearTimeout(limit);
    }
  };
  return {
    exited,
    stop,
    output: () => output,
    exitCode: () => child.exitCode ?? (child.pid ? child.signalCode : 'not started'),
  };
}

/**
 * A loopback port that is free now, below those that Linux gives to outgoing connections (32768 and up): the many
 * that the tests open could take one of these before the server listens on it.
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = net.createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
