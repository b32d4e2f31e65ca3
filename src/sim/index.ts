/** `portico/sim`: a deterministic network for tests. The same programs, virtual time, one seed, and every kind of fault. */
export type { BurstOptions, PartitionHow, ReorderOptions } from '../engines/sim/actions.ts';
export type { Delay } from '../engines/sim/delay.ts';
export type { Fault } from '../engines/sim/fault.ts';
export type { HostOptions, Profile } from '../engines/sim/host.ts';
export type { Skew } from '../engines/sim/host-clock.ts';
export type { LinkOptions } from '../engines/sim/link.ts';
export type { Match, Selector, TcpMatch, UdpMatch } from '../engines/sim/match.ts';
export type {
  Fragment,
  IcmpUnreachable,
  Packet,
  Payload,
  TcpPayload,
  UdpDatagram,
  Unreachable,
} from '../engines/sim/packet.ts';
export { type SocketRow, SocketTable } from '../engines/sim/socket-table.ts';
export type { SegmentLabel, TcpEvent } from '../engines/sim/tcp/environment.ts';
export type { ConnectionSnapshot } from '../engines/sim/tcp/inspect.ts';
export type { Segment } from '../engines/sim/tcp/segment.ts';
export type { Happening, TraceEvent } from '../engines/sim/trace.ts';
export { type FastCheck, faultPlans } from './arbitraries.ts';
export {
  type Exploration,
  type ExploreOptions,
  explore,
  type Failure,
  playTwice,
  type Trial,
} from './explore.ts';
export { Host } from './host.ts';
export { type LadderOptions, ladder } from './ladder.ts';
export {
  type FaultPlan,
  installPlan,
  type PlannedFault,
  type RandomPlanOptions,
  randomPlan,
} from './plan.ts';
export type { ProgramBody, ProgramContext, SocketOpener } from './program.ts';
export type { RunOptions, RunResult } from './runner.ts';
export { SimNet, type SimNetOptions, simnet } from './simnet.ts';
export { SimulationError, type SimulationErrorCode } from './simulation-error.ts';
export { TraceView, Travel, type Travelled, trace } from './trace-view.ts';
export { type PartitionOptions, Way } from './way.ts';
export { Wire } from './wire.ts';
