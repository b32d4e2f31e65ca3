/** What the trace says that a call returned. */

/** Of a call that returns nothing. */
export const nothing = (): string => '';

/** `1 byte`, `0 bytes`, `2 bytes`. */
export const bytes = (count: number): string => `${count} byte${count === 1 ? '' : 's'}`;
