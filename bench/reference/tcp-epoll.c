/*
 * The limit for TCP: level-triggered epoll, one recv and one send a request, one buffer for all connections. It keeps
 * nothing of a connection, so a peer that does not read stops it, and tcp-lines answers all lines of a recv with one
 * send, the beginning of the next line with them. CHUNK is the size in bytes of one recv, and of a block of tcp-source.
 * Source: epoll(7).
 */
#include "program.h"
#include <sys/epoll.h>

#define EVENTS 64

static size_t chunk_bytes = 65536;
static unsigned char *chunk;

static int failed(ssize_t result) {
  return result < 0 && errno != EAGAIN && errno != EINTR;
}

/* Waits for room where the peer does not read: a limit needs no queue. */
static int send_all(int fd, const unsigned char *bytes, ssize_t length) {
  while (length > 0) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (failed(sent)) return -1;
    if (sent > 0) bytes += sent, length -= sent;
  }
  return 0;
}

/* Answers what one recv gives; how many bytes that was, 0 for none yet. */
static ssize_t answer(int fd) {
  ssize_t length = recv(fd, chunk, chunk_bytes, 0);
  if (length < 0) return failed(length) ? -1 : 0;
  upper(chunk, length);
  return length == 0 || send_all(fd, chunk, length) < 0 ? -1 : length;
}

static int echo(int fd) {
  ssize_t length = answer(fd);
  answered += length > 0;
  return length < 0 ? -1 : 0;
}

static int lines(int fd) {
  ssize_t length = answer(fd);
  if (length > 0) answered += count_lines(chunk, length);
  return length < 0 ? -1 : 0;
}

static int answer_once(int fd) {
  ssize_t length = answer(fd);
  answered += length > 0;
  return length == 0 ? 0 : -1;
}

static int sink(int fd) {
  ssize_t length = recv(fd, chunk, chunk_bytes, 0);
  if (length > 0) answered += length;
  return length == 0 || failed(length) ? -1 : 0;
}

/* The bytes of a block are all the same: what a short send left out need not be sent. */
static int source(int fd) {
  ssize_t sent;
  while ((sent = send(fd, chunk, chunk_bytes, MSG_NOSIGNAL)) > 0) answered += sent;
  return failed(sent) ? -1 : 0;
}

static const struct mode modes[] = {{"tcp-echo", echo}, {"tcp-lines", lines},        {"tcp-sink", sink},
                                    {"tcp-source", source}, {"tcp-accept", answer_once}, {0}};

static void watch(int epoll, int fd, uint32_t what) {
  struct epoll_event event = {.events = what, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

int main(int argc, char **argv) {
  const struct mode *mode = choose(argc, argv, modes);
  const char *size = getenv("CHUNK");
  if (size) chunk_bytes = strtoul(size, NULL, 10);
  chunk = memset(malloc(chunk_bytes), 'a', chunk_bytes);
  int port = argc > 2 ? atoi(argv[2]) : 0, welcome = welcome_socket(SOCK_NONBLOCK, &port);
  int epoll = epoll_create1(0);
  watch(epoll, welcome, EPOLLIN);
  publish(port);
  for (;;) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, -1);
    for (int index = 0; index < count; index++) {
      int fd = events[index].data.fd;
      if (fd != welcome) {
        if (mode->serve(fd) < 0) close(fd);
        continue;
      }
      for (int next; (next = accept4(welcome, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
        watch(epoll, next, mode->serve == source ? EPOLLOUT : EPOLLIN);
    }
  }
}
