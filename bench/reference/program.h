/*
 * The contract of every program that the benchmark measures, as the C programs keep it: PROGRAM MODE [PORT] prints the
 * port that it listens on (0 for a sender), answers SIGUSR2 with one line `answered N`, and SIGTERM with that line and
 * its end. An unknown mode is exit 2, a mode of other programs exit 3. The same in TypeScript: ../servers/program.ts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* `serve` does what is there to do on one socket; -1 means that the socket is done with. */
struct mode {
  const char *name;
  int (*serve)(int fd);
};

/* Requests answered, datagrams, or bytes: what the mode counts. */
static volatile uint64_t answered;

static inline void fail(const char *what) {
  perror(what);
  exit(1);
}

/* From a signal handler, where printf(3) is not allowed: signal-safety(7). */
static inline void report(int number) {
  char line[32], *digit = line + sizeof line;
  uint64_t count = answered;
  *--digit = '\n';
  do *--digit = '0' + count % 10;
  while (count /= 10);
  digit = memcpy(digit - 9, "answered ", 9);
  if (write(STDOUT_FILENO, digit, line + sizeof line - digit) < 0) _exit(1);
  if (number == SIGTERM) _exit(0);
}

static inline void usage(const char *program) {
  fprintf(stderr, "Usage: %s MODE [PORT]\n", program);
  exit(2);
}

static inline const struct mode *choose(int argc, char **argv, const struct mode *modes) {
  static const char *const known[] = {"udp-echo",        "udp-echo-gso", "udp-batch", "udp-burst",
                                      "udp-send",        "udp-send-gso", "tcp-echo",  "tcp-lines",
                                      "udp-send-spread", "udp-receive",  "tcp-sink",  "tcp-source",
                                      "tcp-accept",      "udp-send-batch"};
  const char *name = argc > 1 ? argv[1] : "";
  for (; modes->name; modes++)
    if (!strcmp(modes->name, name)) return modes;
  for (size_t index = 0; index < sizeof known / sizeof *known; index++)
    if (!strcmp(known[index], name)) {
      fprintf(stderr, "not supported: %s\n", name);
      exit(3);
    }
  usage(argv[0]);
  return NULL;
}

/* From here on the harness may send signals. */
static inline void publish(int port) {
  struct sigaction action = {.sa_handler = report, .sa_flags = SA_RESTART};
  sigaction(SIGUSR2, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  printf("%d\n", port);
  fflush(stdout);
}

static inline struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Binds to 127.0.0.1 and returns the port, which the kernel chooses for 0. */
static inline int bind_loopback(int fd, int port) {
  struct sockaddr_in address = loopback(port);
  socklen_t size = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, size) < 0) fail("bind");
  getsockname(fd, (struct sockaddr *)&address, &size);
  return ntohs(address.sin_port);
}

/* A welcome socket. TCP_NODELAY stays off in every program of the benchmark. */
static inline int welcome_socket(int type, int *port) {
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | type, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  *port = bind_loopback(fd, *port);
  if (listen(fd, SOMAXCONN) < 0) fail("listen");
  return fd;
}

static inline void upper(unsigned char *bytes, size_t length) {
  for (size_t at = 0; at < length; at++)
    if (bytes[at] >= 'a' && bytes[at] <= 'z') bytes[at] -= 32;
}

static inline size_t count_lines(const unsigned char *bytes, size_t length) {
  size_t lines = 0;
  for (size_t at = 0; at < length; at++) lines += bytes[at] == '\n';
  return lines;
}
