/** The program of the thread that `thread.ts` starts. */
import { parentPort, workerData } from 'node:worker_threads';
import { SocketError } from '../index.ts';
import { runLoad } from './run.ts';
import type { LoadAnswer, LoadWork } from './thread.ts';

const { spec, shared } = workerData as LoadWork;

async function answer(): Promise<LoadAnswer> {
  try {
    return { report: await runLoad(spec, { shared }) };
  } catch (error) {
    if (!(error instanceof SocketError)) return { defect: error };
    const { code, syscall, engine, local, remote } = error;
    return { failure: { code, syscall, engine, transport: spec.transport, local, remote } };
  }
}

parentPort?.postMessage(await answer());
