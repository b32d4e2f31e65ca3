/** The scenarios of `portico sim` and of the lab page, in the order in which they are taught. */
import { backlog } from './backlog.ts';
import { close } from './close.ts';
import { fourTuple } from './four-tuple.ts';
import { hundredClients } from './hundred-clients.ts';
import { reset } from './reset.ts';
import type { Scenario } from './scenario.ts';
import { slowReader } from './slow-reader.ts';
import { streamOrMessage } from './stream-or-message.ts';
import { tcpHandshake } from './tcp-handshake.ts';
import { tcpLoss } from './tcp-loss.ts';
import { udpEcho } from './udp-echo.ts';
import { udpLoss } from './udp-loss.ts';
import { udpReorder } from './udp-reorder.ts';
import { welcomeSocket } from './welcome-socket.ts';

export { comparison } from './comparison.ts';
export type { HostedProgram, Look, Made, Performance, PlayOptions } from './play.ts';
export { INPUT, play } from './play.ts';
export type {
  Plan,
  Question,
  Scenario,
  ScenarioContext,
  ScenarioProgram,
  ScenarioVariant,
  Stage,
  Staged,
} from './scenario.ts';

/** Every scenario. */
export const scenarios: readonly Scenario[] = [
  udpEcho,
  udpLoss,
  udpReorder,
  tcpHandshake,
  welcomeSocket,
  fourTuple,
  tcpLoss,
  backlog,
  slowReader,
  close,
  reset,
  streamOrMessage,
  hundredClients,
];
