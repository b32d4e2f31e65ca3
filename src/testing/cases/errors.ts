/** What a failure tells: every field of `SocketError`, for every failure that a case can make. */
import { SocketError } from '../../index.ts';
import { equal, fail, ok } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { Failed, Failure } from './failures.ts';
import { failures } from './failures.ts';

async function errorOf(call: Failed['call'], what: string): Promise<SocketError> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    if (error instanceof SocketError) return error;
    return fail(`${what} should fail with a SocketError, failed with ${String(error)}`);
  }
  return fail(`${what} should fail`);
}

function caseOf({ what, code, errno, syscall, needs = [], rows = [], make }: Failure): ConformanceCase {
  return {
    name: `${what} gives ${code} with every field`,
    rows: ['U33', ...rows],
    needs,
    run: async (context) => {
      const { call, local, remote } = await make(context);
      const error = await errorOf(call, what);
      equal([error.name, error.code, error.errno], ['SocketError', code, errno], 'name, code and errno');
      ok(syscall.includes(error.syscall), `the call should be ${syscall.join(' or ')}, got ${error.syscall}`);
      equal(error.engine, context.engine.name, 'the engine');
      if (local) equal(error.local, local, 'the local address');
      if (remote) equal(error.remote, remote, 'the remote address');
      ok(!error.message.includes('\n'), `the message should be one line: ${error.message}`);
      ok(error.message.startsWith(error.syscall), `the message should begin with the call: ${error.message}`);
      ok(error.message.includes(`: ${code} (`), `the message should hold the code: ${error.message}`);
      for (const address of [local, remote]) {
        const part = address && ('path' in address ? address.path : `${address.port}`);
        ok(
          part === undefined || error.message.includes(part),
          `the message should hold ${part}: ${error.message}`,
        );
      }
      ok(error.hint === undefined || !/[\n.]$/.test(error.hint), `the hint should be a line: ${error.hint}`);
      ok(typeof error.stack === 'string' && error.stack.includes(code), 'the stack should hold the code');
    },
  };
}

/** One case for each failure. */
export const errorCases: readonly ConformanceCase[] = failures.map(caseOf);
