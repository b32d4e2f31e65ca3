/** The documents that people read, and the code blocks in them. It runs nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the repository, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block. The first word of its info string is the language; the rest say how to test it. */
export interface Block {
  /** The file, relative to the root of the repository. */
  readonly file: string;
  /** The number of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  /** The words after the language; `server=udp` is the key `server` with the value `udp`. */
  readonly marks: ReadonlyMap<string, string>;
  readonly code: string;
  /** The code of the block after it, when that one is marked `text output`. */
  readonly output: string | undefined;
}

/** Every Markdown document, relative to the root. */
export function markdownFiles(): string[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  return [...top, ...filesUnder('docs', '.md')];
}

/** The text of a file. */
export function read(file: string): string {
  return readFileSync(root + file, 'utf8');
}

/** The blocks of the documents, and of the TSDoc comments in the sources. */
export function allBlocks(): Block[] {
  const documents = markdownFiles().flatMap((file) => blocksOf(file, read(file)));
  const comments = filesUnder('src', '.ts').flatMap((file) => blocksOf(file, commentsOf(read(file))));
  return [...documents, ...comments];
}

/** The fenced blocks of a Markdown text. */
function blocksOf(file: string, text: string): Block[] {
  const blocks: Block[] = [];
  for (const match of text.matchAll(/^```([^\n`]+)\n(.*?)^```$/gms)) {
    const [, info = '', code = ''] = match;
    const [language = '', ...words] = info.trim().split(/\s+/);
    const marks = new Map(words.map((word) => [word.split('=')[0] ?? '', word.split('=')[1] ?? '']));
    const line = text.slice(0, match.index).split('\n').length + 1;
    const before = blocks.at(-1);
    if (language === 'text' && marks.has('output') && before)
      blocks[blocks.length - 1] = { ...before, output: code };
    else blocks.push({ file, line, language, marks, code, output: undefined });
  }
  return blocks;
}

/** What the TSDoc comments of a source file say; every other line is empty, so that line numbers stay. */
function commentsOf(source: string): string {
  const text = /^ *(?:\/\*\*|\*) ?(.*?)(?: *\*\/)?$/;
  return source
    .split('\n')
    .map((line) => text.exec(line)?.[1] ?? '')
    .join('\n');
}

export function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .sort();
}
