/** The hook of `typescript.ts`, which Node runs in a thread of its own: it gives `.ts` files out without their types. */
import { readFile } from 'node:fs/promises';
import type { LoadHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/wasm-typescript';

const TYPESCRIPT = /\.m?ts$/;

/** What the library throws, which is no Error. */
interface Mistake {
  readonly message: string;
  readonly startLine: number;
}

/** Gives a module out. */
export const load: LoadHook = async (url, context, nextLoad) => {
  if (!url.startsWith('file:') || !TYPESCRIPT.test(url)) return nextLoad(url, context);
  const path = fileURLToPath(url);
  const source = await readFile(path, 'utf8');
  const { code } = await transform(source, { filename: path, mode: 'strip-only', module: true }).catch(
    (error: Mistake) => {
      throw new SyntaxError(`${path}:${error.startLine}: ${error.message}`);
    },
  );
  return { format: 'module', source: code, shortCircuit: true };
};
