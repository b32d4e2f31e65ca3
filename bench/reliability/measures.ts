/** All measures, in the order of the table. */
import type { Measure } from './measure.ts';
import { BUSY } from './rows/busy.ts';
import { CABLE } from './rows/cable.ts';
import { DESCRIPTORLESS } from './rows/descriptors.ts';
import { DRAIN } from './rows/drain.ts';
import { DRIP } from './rows/drip.ts';
import { IDLE } from './rows/idle.ts';
import { KILLED } from './rows/killed.ts';
import { LIMITED } from './rows/limit.ts';
import { RESTART } from './rows/restart.ts';
import { SLOW_READERS } from './rows/slow-readers.ts';
import { SPOOFED } from './rows/spoofed.ts';
import { UNREAD } from './rows/unread-input.ts';

export const MEASURES: readonly Measure[] = [
  ...BUSY,
  ...IDLE,
  ...LIMITED,
  ...DESCRIPTORLESS,
  ...RESTART,
  ...DRAIN,
  ...DRIP,
  ...SLOW_READERS,
  ...UNREAD,
  ...SPOOFED,
  ...CABLE,
  ...KILLED,
];
