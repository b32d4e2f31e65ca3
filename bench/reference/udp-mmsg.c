/*
 * The limits for UDP: one blocking socket, up to 64 datagrams a system call (recvmmsg, sendmmsg), without and with
 * segmentation by the kernel. udp-echo-gso (udp-batch is the same) answers consecutive datagrams of one size and one
 * peer as one message; udp-burst takes whole trains and answers each with one message. A host without UDP_SEGMENT or
 * UDP_GRO is no place for these modes: there is no other way for an answer that the kernel refuses, it is lost.
 * Sources: recvmmsg(2), sendmmsg(2), udp(7).
 */
#include "program.h"
#include <netinet/udp.h>

#define BATCH 64
/* Holds a train of UDP_GRO. The odd line at its end keeps the slots from sharing one set of the processor's caches. */
#define SLOT (65536 + 64)
/* Of one message: UDP_MAX_SEGMENTS before Linux 6.9, and what an IPv4 datagram carries. */
#define SEGMENTS_MAX 64
#define PAYLOAD_MAX 65507
#define BUFFER_BYTES (1 << 20)
#define MESSAGE_BYTES 64

/* Listened on, or sent to. */
static int port;
static unsigned char slots[BATCH][SLOT];
static struct iovec vectors[BATCH];
static struct sockaddr_in peers[BATCH];
static struct mmsghdr incoming[BATCH], outgoing[BATCH];
static union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
} controls[BATCH];

/* Waits for one datagram and takes what else is there: message `index` is in slot `index`. */
static int receive_batch(int fd, int with_control) {
  static int used = BATCH;
  for (int index = 0; index < used; index++) {
    vectors[index] = (struct iovec){slots[index], SLOT};
    incoming[index].msg_hdr = (struct msghdr){.msg_name = &peers[index], .msg_namelen = sizeof *peers,
                                              .msg_iov = &vectors[index], .msg_iovlen = 1};
    if (!with_control) continue;
    incoming[index].msg_hdr.msg_control = &controls[index];
    incoming[index].msg_hdr.msg_controllen = sizeof *controls;
  }
  int count = recvmmsg(fd, incoming, BATCH, MSG_WAITFORONE, NULL);
  return used = count < 0 ? 0 : count;
}

/* A message that can't be sent is left out: UDP may lose it. */
static void send_batch(int fd, struct mmsghdr *messages, int count) {
  for (int sent; count > 0; messages += sent, count -= sent)
    if ((sent = sendmmsg(fd, messages, count, 0)) < 1) sent = 1;
}

/* Makes the kernel cut a message into datagrams of so many bytes. */
static void segment(struct msghdr *message, void *control, uint16_t bytes) {
  message->msg_control = control;
  message->msg_controllen = CMSG_SPACE(sizeof bytes);
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  *header = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof bytes)};
  memcpy(CMSG_DATA(header), &bytes, sizeof bytes);
}

static void take_upper(int index) {
  vectors[index].iov_len = incoming[index].msg_len;
  upper(slots[index], vectors[index].iov_len);
}

static int echo(int fd) {
  int count = receive_batch(fd, 0);
  for (int index = 0; index < count; index++) take_upper(index);
  send_batch(fd, incoming, count);
  answered += count;
  return 0;
}

/* Whether the datagram `next` can go in one message with those from `first` on. */
static int joins(int first, int next) {
  size_t bytes = vectors[first].iov_len;
  return next - first < SEGMENTS_MAX && bytes > 0 && vectors[next].iov_len == bytes &&
         (next - first + 1) * bytes <= PAYLOAD_MAX && peers[next].sin_port == peers[first].sin_port &&
         peers[next].sin_addr.s_addr == peers[first].sin_addr.s_addr;
}

static int echo_gso(int fd) {
  int count = receive_batch(fd, 0), messages = 0;
  for (int index = 0; index < count; index++) take_upper(index);
  for (int first = 0, next; first < count; first = next, messages++) {
    for (next = first + 1; next < count && joins(first, next);) next++;
    struct msghdr *message = &outgoing[messages].msg_hdr;
    *message = incoming[first].msg_hdr;
    message->msg_iovlen = next - first;
    if (next - first > 1) segment(message, &controls[messages], vectors[first].iov_len);
  }
  send_batch(fd, outgoing, messages);
  answered += count;
  return 0;
}

static int burst(int fd) {
  int count = receive_batch(fd, 1), datagrams = 0;
  for (int index = 0; index < count; index++) {
    struct msghdr *message = &incoming[index].msg_hdr;
    int length = incoming[index].msg_len, size = length;
    if (CMSG_FIRSTHDR(message)) memcpy(&size, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof size);
    take_upper(index);
    message->msg_controllen = 0;
    if (length > size) segment(message, &controls[index], size);
    datagrams += length > size ? (length + size - 1) / size : 1;
  }
  send_batch(fd, incoming, count);
  answered += datagrams;
  return 0;
}

static int receive(int fd) {
  int count = receive_batch(fd, 0);
  answered += count;
  return 0;
}

/* The messages of a sender: `segments` datagrams each. */
static void prepare(int segments) {
  for (int index = 0; index < BATCH; index++) {
    vectors[index] = (struct iovec){slots[0], segments * MESSAGE_BYTES};
    outgoing[index].msg_hdr = (struct msghdr){.msg_iov = &vectors[index], .msg_iovlen = 1};
  }
}

/* Sends BATCH messages a call, for ever. A call that fails sent nothing: the receiver may be gone. */
static void send_for_ever(int fd, int segments) {
  for (;;) {
    int sent = sendmmsg(fd, outgoing, BATCH, 0);
    if (sent > 0) answered += sent * segments;
  }
}

static void connect_to(int fd, int port) {
  struct sockaddr_in peer = loopback(port);
  if (connect(fd, (struct sockaddr *)&peer, sizeof peer) < 0) fail("connect");
}

static int send_plain(int fd) {
  connect_to(fd, port);
  prepare(1);
  send_for_ever(fd, 1);
  return 0;
}

static int send_gso(int fd) {
  int bytes = MESSAGE_BYTES;
  if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &bytes, sizeof bytes) < 0) fail("UDP_SEGMENT");
  connect_to(fd, port);
  prepare(SEGMENTS_MAX);
  send_for_ever(fd, SEGMENTS_MAX);
  return 0;
}

/* To two peers in turn, on the port and the one after it. */
static int send_spread(int fd) {
  prepare(1);
  for (int index = 0; index < BATCH; index++) {
    peers[index] = loopback(port + index % 2);
    outgoing[index].msg_hdr.msg_name = &peers[index];
    outgoing[index].msg_hdr.msg_namelen = sizeof *peers;
  }
  send_for_ever(fd, 1);
  return 0;
}

static const struct mode modes[] = {{"udp-echo", echo},   {"udp-echo-gso", echo_gso}, {"udp-batch", echo_gso},
                                    {"udp-burst", burst}, {"udp-receive", receive},   {"udp-send", send_plain},
                                    {"udp-send-gso", send_gso}, {"udp-send-spread", send_spread}, {0}};

int main(int argc, char **argv) {
  const struct mode *mode = choose(argc, argv, modes);
  int sends = mode->serve == send_plain || mode->serve == send_gso || mode->serve == send_spread;
  int fd = socket(AF_INET, SOCK_DGRAM, 0), bytes = BUFFER_BYTES, on = 1;
  port = argc > 2 ? atoi(argv[2]) : 0;
  if (sends && port == 0) usage(argv[0]);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  if (mode->serve == burst && setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on) < 0) fail("UDP_GRO");
  memset(slots[0], 'a', MESSAGE_BYTES * SEGMENTS_MAX);
  publish(sends ? 0 : bind_loopback(fd, port));
  for (;;) mode->serve(fd);
}
