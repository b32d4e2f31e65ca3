/** All conformance cases, in the order in which they run. */

import { addressCases } from './cases/addresses.ts';
import { closeCases } from './cases/close.ts';
import { datagramBindCases } from './cases/datagram-bind.ts';
import { datagramConnectCases } from './cases/datagram-connect.ts';
import { datagramLoopCases } from './cases/datagram-loop.ts';
import { datagramManyCases } from './cases/datagram-many.ts';
import { datagramMulticastCases } from './cases/datagram-multicast.ts';
import { datagramReceiveCases } from './cases/datagram-receive.ts';
import { datagramSendCases } from './cases/datagram-send.ts';
import { deadlineCases } from './cases/deadlines.ts';
import { errorCases } from './cases/errors.ts';
import { fairnessCases } from './cases/fairness.ts';
import { lifetimeCases } from './cases/lifetime.ts';
import { nameCases } from './cases/names.ts';
import { optionTableCases } from './cases/option-table.ts';
import { optionCases } from './cases/options.ts';
import { streamCloseCases } from './cases/stream-close.ts';
import { streamConnectCases } from './cases/stream-connect.ts';
import { streamListenCases } from './cases/stream-listen.ts';
import { streamReceiveCases } from './cases/stream-receive.ts';
import { streamResetCases } from './cases/stream-reset.ts';
import { streamShutdownCases } from './cases/stream-shutdown.ts';
import { streamTransferCases } from './cases/stream-transfer.ts';
import { tcpOptionCases } from './cases/tcp-options.ts';
import { unixMessageCases } from './cases/unix-messages.ts';
import { unixStreamCases } from './cases/unix-stream.ts';
import { waitingCases } from './cases/waiting.ts';
import type { ConformanceCase } from './conformance-case.ts';

/** Every case: data, one behaviour each. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...datagramBindCases,
  ...datagramSendCases,
  ...datagramReceiveCases,
  ...datagramLoopCases,
  ...datagramManyCases,
  ...datagramConnectCases,
  ...datagramMulticastCases,
  ...addressCases,
  ...nameCases,
  ...streamListenCases,
  ...streamConnectCases,
  ...streamReceiveCases,
  ...streamTransferCases,
  ...streamShutdownCases,
  ...streamResetCases,
  ...streamCloseCases,
  ...unixStreamCases,
  ...unixMessageCases,
  ...waitingCases,
  ...deadlineCases,
  ...closeCases,
  ...lifetimeCases,
  ...fairnessCases,
  ...errorCases,
  ...optionCases,
  ...tcpOptionCases,
  ...optionTableCases,
];
