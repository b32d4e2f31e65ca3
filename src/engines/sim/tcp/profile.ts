/**
 * What differs between one TCP and another: times, sizes and choices that RFC 9293 leaves open. `linux` is Linux 6.18
 * as it was measured over a link with 25 ms each way, with reno and without SACK, timestamps, window scaling, TLP,
 * RACK, F-RTO, ECN and fast open; figures that were not measured are its documented defaults. `rfc` is the textbook.
 */

/** One way to be a TCP. Times are microseconds. */
export interface TcpProfile {
  readonly name: 'linux' | 'rfc';
  /** Before there is a round-trip time: RFC 6298 section 2.1. */
  readonly firstTimeoutUs: number;
  /** The timeout after a handshake in which a SYN was repeated: RFC 6298 section 5.7. */
  readonly fallbackTimeoutUs: number;
  /** How many SYNs are repeated at `firstTimeoutUs` before the timeout doubles (`tcp_syn_linear_timeouts`). */
  readonly synLinearTimeouts: number;
  /** How often a SYN is repeated, not counting the linear ones (`tcp_syn_retries`). */
  readonly synRetries: number;
  /** How often a SYN-ACK is repeated (`tcp_synack_retries`). */
  readonly synAckRetries: number;
  /** Whether a full SYN queue answers with cookies (`tcp_syncookies`); else it drops SYNs. */
  readonly synCookies: boolean;
  /** Whether a full accept queue resets what finishes its handshake (`tcp_abort_on_overflow`). */
  readonly abortOnOverflow: boolean;
  /** The least that is added to the smoothed round-trip time: Linux 200 ms, RFC 6298 the clock's granularity. */
  readonly timeoutMarginUsMin: number;
  readonly timeoutUsMin: number;
  readonly timeoutUsMax: number;
  /** How long unanswered data is sent again before the connection fails (`tcp_retries2`, R2 of RFC 9293). */
  readonly giveUpUs: number;
  /** The same for a connection that its program has closed. */
  readonly orphanGiveUpUs: number;
  /** What a zero-window probe carries: 0 bytes just before the window, or the next byte. */
  readonly probeBytes: 0 | 1;
  /** How many probes may go unanswered. */
  readonly probesMax: number;
  readonly delayedAckUs: number;
  /** Linux acknowledges a first part of what it receives at once, and adapts the delay after it. */
  readonly adaptiveAcks: boolean;
  /** Nagle's rule: hold a small segment while anything is unacknowledged (RFC 896), or only a small one (Minshall). */
  readonly nagle: 'any' | 'small';
  /** Whether small segments that follow each other are sent again as one (`tcp_retrans_collapse`). */
  readonly joinsRepeats: boolean;
  /** Whether windows count segments, as Linux does, or bytes, as RFC 5681 does. */
  readonly congestionUnit: 'segments' | 'bytes';
  /** How many segments are sent before the first acknowledgement: RFC 6928. */
  readonly initialWindowSegments: number;
  /** `SO_RCVBUF` and `SO_SNDBUF` of a new socket, in bytes, and what a value that is set is multiplied by. */
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
  readonly bufferFactor: 1 | 2;
  /** Whether the send buffer, as long as nobody sets it, holds two congestion windows: tcp_sndbuf_expand. */
  readonly adaptiveSendBuffer: boolean;
  readonly receiveBufferBytesMin: number;
  readonly sendBufferBytesMin: number;
  /** The share of the receive buffer that is offered as window: at first, and once segments have come. */
  readonly firstWindowShare: number;
  readonly windowShare: number;
  readonly timeWaitUs: number;
  /** How long FIN_WAIT_2 lasts without a program (`tcp_fin_timeout`). */
  readonly finWait2Us: number;
  readonly keepIdleUs: number;
  readonly keepIntervalUs: number;
  readonly keepCount: number;
  /** How often one connection answers what is out of its window (`tcp_invalid_ratelimit`). */
  readonly challengeIntervalUs: number;
}

const MS = 1000;
const SECOND = 1_000_000;

/** Linux 6.18. */
export const LINUX: TcpProfile = {
  name: 'linux',
  firstTimeoutUs: SECOND,
  fallbackTimeoutUs: 3 * SECOND,
  synLinearTimeouts: 4,
  synRetries: 6,
  synAckRetries: 5,
  synCookies: true,
  abortOnOverflow: false,
  timeoutMarginUsMin: 200 * MS,
  timeoutUsMin: 200 * MS,
  timeoutUsMax: 120 * SECOND,
  // what 15 retransmissions from 200 ms on take: tcp_retries2 of ip-sysctl
  giveUpUs: 924_600 * MS,
  // the same for 8: tcp_orphan_retries
  orphanGiveUpUs: 102_200 * MS,
  probeBytes: 0,
  probesMax: 15,
  delayedAckUs: 40 * MS,
  adaptiveAcks: true,
  nagle: 'small',
  joinsRepeats: true,
  congestionUnit: 'segments',
  initialWindowSegments: 10,
  receiveBufferBytes: 131_072,
  sendBufferBytes: 16_384,
  bufferFactor: 2,
  adaptiveSendBuffer: true,
  receiveBufferBytesMin: 2304,
  sendBufferBytesMin: 4608,
  firstWindowShare: 1 / 2,
  // 1,460 bytes in a buffer of 2,304, in 256ths as the kernel has it
  windowShare: 162 / 256,
  timeWaitUs: 60 * SECOND,
  finWait2Us: 60 * SECOND,
  keepIdleUs: 7200 * SECOND,
  keepIntervalUs: 75 * SECOND,
  keepCount: 9,
  challengeIntervalUs: 500 * MS,
};

/** RFC 9293, 6298, 5681 and 1122, where they name a figure; the rest are 4.4BSD's. */
export const RFC: TcpProfile = {
  ...LINUX,
  name: 'rfc',
  synLinearTimeouts: 0,
  // R2 of a SYN is at least 3 minutes: 1, 2, 4, …, 32, 60, 60 s
  synRetries: 7,
  synAckRetries: 7,
  synCookies: false,
  timeoutMarginUsMin: 1 * MS,
  timeoutUsMin: SECOND,
  timeoutUsMax: 60 * SECOND,
  // R2 is at least 100 s; 12 retransmissions take 9 minutes
  giveUpUs: 540 * SECOND,
  orphanGiveUpUs: 540 * SECOND,
  probeBytes: 1,
  delayedAckUs: 200 * MS,
  adaptiveAcks: false,
  nagle: 'any',
  joinsRepeats: false,
  congestionUnit: 'bytes',
  receiveBufferBytes: 65_535,
  sendBufferBytes: 65_536,
  bufferFactor: 1,
  adaptiveSendBuffer: false,
  receiveBufferBytesMin: 1,
  sendBufferBytesMin: 1,
  firstWindowShare: 1,
  windowShare: 1,
  timeWaitUs: 240 * SECOND,
};

/** The profiles by name. */
export const TCP_PROFILES: Readonly<Record<TcpProfile['name'], TcpProfile>> = { linux: LINUX, rfc: RFC };
