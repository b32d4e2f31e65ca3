/**
 * The options of one socket: what was set is kept here, because Node has few getters and because a socket of Node's
 * exists only from bind or connect on; then it gets everything that was set before.
 */
import type { Family } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import type { SocketError } from '../../posix/socket-error.ts';

/** Gives the value that an option has, by name: set, or initial. */
export type OptionValues = (name: string) => unknown;

/** What this engine does with one option on sockets of Node's type `Target`. */
export interface OptionRule<Target> {
  /** The families that have it; all when left out. */
  readonly families?: readonly Family[];
  /** What it is before it is set. Without it, and without `read`, it can be read only after it was set. */
  readonly initial?: unknown;
  /** Reads it from Node's socket. */
  readonly read?: (target: Target) => unknown;
  /** Sets it on Node's socket. Without it the value only takes part when the socket is opened. */
  readonly apply?: (target: Target, value: never, values: OptionValues) => void;
  /** Says what is wrong with a value, and with which code. */
  readonly check?: (value: never) => readonly [ErrorCode, string] | undefined;
  /** Where this engine does less than the option says, for the documentation. */
  readonly note?: string;
}

/** The rules of one kind of socket, by option name. */
export type OptionRules<Target> = Readonly<Record<string, OptionRule<Target>>>;

/** What an option set needs of its socket. */
export interface OptionOwner<Target> {
  readonly family: Family;
  /** Options that are facts about the socket, such as SO_TYPE; `undefined` for those that are none. */
  fact(name: string): unknown;
  /** Whether the socket is bound or connected: too late for an option that takes part in that. */
  isOpen(): boolean;
  /** Node's socket, or `undefined` while there is none. */
  target(): Target | undefined;
  /** Runs `use` on a socket like this one that is closed right after; left out where Node would accept anything. */
  readonly onTrial?: (use: (target: Target) => unknown) => unknown;
  error(code: ErrorCode, syscall: string, text: string): SocketError;
  failure(syscall: string, cause: unknown): SocketError;
}

/** The options of one socket. */
export class OptionSet<Target> {
  readonly #rules: OptionRules<Target>;
  readonly #owner: OptionOwner<Target>;
  /** In the order in which they were set; memberships may be there more than once. */
  #settings: { readonly option: SocketOption; readonly value: unknown }[] = [];

  constructor(rules: OptionRules<Target>, owner: OptionOwner<Target>) {
    this.#rules = rules;
    this.#owner = owner;
  }

  /** The value of an option of this socket by its name, without asking Node. */
  readonly value: OptionValues = (name) =>
    this.#settings.findLast(({ option }) => option.name === name)?.value ?? this.#rules[name]?.initial;

  /** Reads an option. getsockopt(2). */
  get(option: SocketOption): unknown {
    const fact = this.#owner.fact(option.name);
    if (fact !== undefined) return fact;
    const { read } = this.#rule('getsockopt', option);
    if (option.access === 'write') throw this.#unsupported('getsockopt', `${option.name} can only be set`);
    if (read) return this.#use('getsockopt', read);
    const value = this.value(option.name);
    if (value !== undefined) return value;
    throw this.#unsupported('getsockopt', `the engine node can't read ${option.name} before it has been set`);
  }

  /** Sets an option. setsockopt(2). */
  set(option: SocketOption, given: unknown): void {
    const rule = this.#rule('setsockopt', option);
    const value = (option.kind === 'boolean' ? Boolean(given) : given) as never;
    const wrong = rule.check?.(value);
    if (wrong) throw this.#owner.error(wrong[0], 'setsockopt', `${option.name}: ${wrong[1]}`);
    const { apply } = rule;
    if (!apply && this.#owner.isOpen()) {
      throw this.#owner.error('EINVAL', 'setsockopt', `${option.name} has to be set before bind and connect`);
    }
    const values: OptionValues = (name) => (name === option.name ? value : this.value(name));
    if (apply) this.#use('setsockopt', (target) => apply(target, value, values));
    this.#keep(option, value);
  }

  /** Takes over what was set on a welcome socket, as its connections do. */
  inherit(other: OptionSet<Target>): void {
    this.#settings = [...other.#settings];
  }

  /**
   * Sets everything on Node's socket that has just been opened.
   *
   * @throws SocketError of setsockopt.
   */
  applyTo(target: Target): void {
    for (const { option, value } of this.#settings) {
      try {
        this.#rules[option.name]?.apply?.(target, value as never, this.value);
      } catch (cause) {
        throw this.#owner.failure('setsockopt', cause);
      }
    }
  }

  #keep(option: SocketOption, value: unknown): void {
    // A membership adds to those before it; of any other option only the last value counts.
    const others = this.#settings.filter((setting) => setting.option.name !== option.name);
    this.#settings = [...(option.access === 'write' ? this.#settings : others), { option, value }];
  }

  #use(syscall: string, use: (target: Target) => unknown): unknown {
    const target = this.#owner.target();
    try {
      return target === undefined ? this.#owner.onTrial?.(use) : use(target);
    } catch (cause) {
      throw this.#owner.failure(syscall, cause);
    }
  }

  #rule(syscall: string, option: SocketOption): OptionRule<Target> {
    const rule = Object.hasOwn(this.#rules, option.name) ? this.#rules[option.name] : undefined;
    if (rule && (rule.families?.includes(this.#owner.family) ?? true)) return rule;
    throw this.#unsupported(syscall, `the engine node has no ${option.name} on this socket`);
  }

  #unsupported(syscall: string, text: string): SocketError {
    return this.#owner.error('ENOPROTOOPT', syscall, text);
  }
}
