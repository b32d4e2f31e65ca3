/*
 * The limit for TCP with fewer system calls than requests: io_uring with one multishot accept, one multishot recv a
 * connection into a ring of shared buffers, and a send from the same buffer. A connection has one send at a time and a
 * queue of buffers behind it, so that its bytes stay in order. Left out: liburing, which is a package; a bound on what
 * a peer holds that never reads (where no buffer is left, recv is asked for again and again).
 * Sources: io_uring_setup(2), io_uring_enter(2), io_uring_register(2).
 */
#include "program.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define SUBMISSIONS 1024
#define COMPLETIONS 8192
/* A power of two for the kernel, and more than 1,000 connections with one request each have in use. */
#define BUFFERS 4096
#define BUFFER_BYTES 4096
#define FDS_MAX 65536
#define NONE -1

enum kind { ACCEPT, RECV, SEND, CLOSE };

static const struct mode modes[] = {{"tcp-echo", 0}, {"tcp-lines", 0}, {"tcp-accept", 0}, {0}};
static int counts_lines, answers_once;

static int ring, welcome;
static struct io_uring_sqe *submissions;
static struct io_uring_cqe *completions;
static unsigned *sq_head, *sq_tail, *cq_head, *cq_tail, sq_mask, cq_mask, queued;

static struct io_uring_buf_ring *free_buffers;
static unsigned char buffers[BUFFERS][BUFFER_BYTES];
static int lengths[BUFFERS], following[BUFFERS];

/* The list of buffers that a connection has still to send; `ended` when it will receive no more. */
static struct connection {
  int first, last, ended;
} connections[FDS_MAX];

static void *map(size_t bytes, int flags, int fd, off_t offset) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_POPULATE, fd, offset);
  if (memory == MAP_FAILED) fail("mmap");
  return memory;
}

static int open_ring(void) {
  struct io_uring_params params = {.cq_entries = COMPLETIONS};
  params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
  ring = syscall(SYS_io_uring_setup, SUBMISSIONS, &params);
  if (ring < 0) return -1;
  size_t bytes = params.sq_off.array + params.sq_entries * sizeof(unsigned); /* the array is behind the completions */
  char *base = map(bytes, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  submissions = map(params.sq_entries * sizeof *submissions, MAP_SHARED, ring, IORING_OFF_SQES);
  completions = (struct io_uring_cqe *)(base + params.cq_off.cqes);
  sq_head = (unsigned *)(base + params.sq_off.head), sq_tail = (unsigned *)(base + params.sq_off.tail);
  cq_head = (unsigned *)(base + params.cq_off.head), cq_tail = (unsigned *)(base + params.cq_off.tail);
  sq_mask = params.sq_entries - 1, cq_mask = params.cq_entries - 1;
  for (unsigned index = 0; index <= sq_mask; index++) ((unsigned *)(base + params.sq_off.array))[index] = index;
  free_buffers = map(BUFFERS * sizeof(struct io_uring_buf), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct io_uring_buf_reg group = {.ring_addr = (uintptr_t)free_buffers, .ring_entries = BUFFERS};
  return syscall(SYS_io_uring_register, ring, IORING_REGISTER_PBUF_RING, &group, 1);
}

/* Lends a buffer to the kernel, for the next bytes of any connection. */
static void lend(int number) {
  struct io_uring_buf *place = &free_buffers->bufs[free_buffers->tail & (BUFFERS - 1)];
  place->addr = (uintptr_t)buffers[number];
  place->len = BUFFER_BYTES;
  place->bid = number;
  __atomic_store_n(&free_buffers->tail, free_buffers->tail + 1, __ATOMIC_RELEASE);
}

static void enter(unsigned wait_for) {
  int taken = syscall(SYS_io_uring_enter, ring, queued, wait_for, wait_for ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
  if (taken >= 0) queued -= taken;
  else if (errno != EINTR && errno != EAGAIN && errno != EBUSY) fail("io_uring_enter");
}

/* The next submission, for the caller to fill in: it goes out with the next `enter`. */
static struct io_uring_sqe *submit(enum kind kind, int opcode, int fd) {
  while (*sq_tail - __atomic_load_n(sq_head, __ATOMIC_ACQUIRE) > sq_mask) enter(0);
  struct io_uring_sqe *entry = &submissions[*sq_tail & sq_mask];
  *entry = (struct io_uring_sqe){.opcode = opcode, .fd = fd, .user_data = (uint64_t)kind << 32 | (unsigned)fd};
  __atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
  queued++;
  return entry;
}

static void ask_accept(void) {
  submit(ACCEPT, IORING_OP_ACCEPT, welcome)->ioprio = IORING_ACCEPT_MULTISHOT;
}

static void ask_recv(int fd) {
  struct io_uring_sqe *entry = submit(RECV, IORING_OP_RECV, fd);
  entry->flags = IOSQE_BUFFER_SELECT;
  entry->ioprio = answers_once ? 0 : IORING_RECV_MULTISHOT;
}

/* Sends the first buffer in the queue, or ends a connection that has none and will have none. */
static void go_on(int fd) {
  struct connection *connection = &connections[fd];
  if (connection->first == NONE) {
    if (connection->ended) submit(CLOSE, IORING_OP_CLOSE, fd);
    return;
  }
  struct io_uring_sqe *entry = submit(SEND, IORING_OP_SEND, fd);
  entry->addr = (uintptr_t)buffers[connection->first];
  entry->len = lengths[connection->first];
  entry->msg_flags = MSG_NOSIGNAL | MSG_WAITALL; /* the kernel goes on after a short send */
}

static void on_recv(int fd, int result, unsigned flags) {
  struct connection *connection = &connections[fd];
  int idle = connection->first == NONE;
  if (result > 0) {
    int number = flags >> IORING_CQE_BUFFER_SHIFT;
    upper(buffers[number], result);
    lengths[number] = result, following[number] = NONE;
    *(idle ? &connection->first : &following[connection->last]) = number;
    connection->last = number;
  }
  if (!(flags & IORING_CQE_F_MORE)) {
    connection->ended = answers_once || (result <= 0 && result != -ENOBUFS);
    if (!connection->ended) ask_recv(fd);
  }
  if (idle) go_on(fd);
}

static void on_send(int fd, int result) {
  struct connection *connection = &connections[fd];
  int number = connection->first;
  if (result > 0) answered += counts_lines ? count_lines(buffers[number], result) : 1;
  connection->first = following[number];
  lend(number);
  go_on(fd);
}

static void complete(const struct io_uring_cqe *completion) {
  int fd = (int)completion->user_data, result = completion->res;
  switch ((enum kind)(completion->user_data >> 32)) {
    case ACCEPT:
      if (!(completion->flags & IORING_CQE_F_MORE)) ask_accept();
      if (result < 0) return;
      connections[result] = (struct connection){.first = NONE};
      return ask_recv(result);
    case RECV: return on_recv(fd, result, completion->flags);
    case SEND: return on_send(fd, result);
    case CLOSE: return;
  }
}

int main(int argc, char **argv) {
  const struct mode *mode = choose(argc, argv, modes);
  counts_lines = mode == &modes[1], answers_once = mode == &modes[2];
  if (open_ring() < 0) {
    fprintf(stderr, "not supported: %s (io_uring: %s)\n", mode->name, strerror(errno));
    return 3;
  }
  for (int number = 0; number < BUFFERS; number++) lend(number);
  int port = argc > 2 ? atoi(argv[2]) : 0;
  welcome = welcome_socket(0, &port);
  ask_accept();
  publish(port);
  for (;;) {
    enter(1);
    unsigned head = *cq_head, tail = __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE);
    for (; head != tail; head++) complete(&completions[head & cq_mask]);
    __atomic_store_n(cq_head, head, __ATOMIC_RELEASE);
  }
}
