/** The questions, in the order in which they are asked. */
import type { Question } from '../harness/question.ts';
import { engineNodeTcp, engineNodeUdp } from './engine-node.ts';
import { idle } from './idle.ts';
import { pingPongTcp, pingPongUdp } from './ping-pong.ts';
import { startup } from './startup.ts';
import { tcpAccept } from './tcp-accept.ts';
import { tcpSink1m, tcpSink64k, tcpSource1m, tcpSource64k } from './tcp-bulk.ts';
import { tcpEcho64, tcpEcho1000 } from './tcp-echo.ts';
import { tcpLines } from './tcp-lines.ts';
import { threads } from './threads.ts';
import { udpBatch } from './udp-batch.ts';
import { udpBurst } from './udp-burst.ts';
import { udpEcho } from './udp-echo.ts';
import { udpEcho256 } from './udp-echo-256.ts';
import { udpReceive } from './udp-receive.ts';
import { udpSend, udpSendSpread } from './udp-send.ts';

export const QUESTIONS: readonly Question[] = [
  udpEcho,
  udpEcho256,
  udpBatch,
  udpBurst,
  udpSend,
  udpSendSpread,
  udpReceive,
  pingPongUdp,
  pingPongTcp,
  tcpEcho64,
  tcpEcho1000,
  tcpLines,
  tcpSource64k,
  tcpSource1m,
  tcpSink64k,
  tcpSink1m,
  tcpAccept,
  idle,
  startup,
  threads,
  engineNodeUdp,
  engineNodeTcp,
];
