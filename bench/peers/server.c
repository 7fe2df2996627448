/* A server of bench on libuv: see session.go for what it is asked. */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <uv.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { HIGH_WATER = 64 << 10, FILE_SIZE = 1024, MANY = 1024 };

static uv_loop_t loop;
static char file_name[4096];

static void check(const char *what, ssize_t status) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static void answer(double ns) {
  printf("ok %f\n", ns);
  fflush(stdout);
}

/* echo */

static char shared[64 << 10]; /* what was read is used before the next read */

static void lend(uv_handle_t *h, size_t size, uv_buf_t *buf) { *buf = uv_buf_init(shared, sizeof shared); }

static void free_handle(uv_handle_t *h) { free(h); }

static void drop(uv_stream_t *c) {
  if (!uv_is_closing((uv_handle_t *)c)) uv_close((uv_handle_t *)c, free_handle);
}

static void on_read(uv_stream_t *c, ssize_t n, const uv_buf_t *buf);

static void written(uv_write_t *w, int status) {
  uv_stream_t *c = w->handle;
  free(w);
  if (status < 0)
    drop(c);
  else if (uv_stream_get_write_queue_size(c) == 0)
    uv_read_start(c, lend, on_read);
}

static void on_read(uv_stream_t *c, ssize_t n, const uv_buf_t *buf) {
  if (n < 0) {
    drop(c);
    return;
  }
  uv_buf_t all = uv_buf_init(buf->base, n);
  ssize_t took = uv_try_write(c, &all, 1);
  if (took == UV_EAGAIN) took = 0;
  if (took < 0) {
    drop(c);
    return;
  }
  if (took == n) return;
  uv_write_t *w = malloc(sizeof *w + n - took);
  uv_buf_t rest = uv_buf_init((char *)(w + 1), n - took);
  memcpy(rest.base, buf->base + took, rest.len);
  if (uv_write(w, c, &rest, 1, written) < 0) {
    free(w);
    drop(c);
  } else if (uv_stream_get_write_queue_size(c) >= HIGH_WATER) {
    uv_read_stop(c);
  }
}

static void on_connection(uv_stream_t *server, int status) {
  check("listen", status);
  uv_tcp_t *c = malloc(sizeof *c);
  uv_tcp_init(&loop, c);
  check("accept", uv_accept(server, (uv_stream_t *)c));
  uv_tcp_nodelay(c, 1);
  uv_read_start((uv_stream_t *)c, lend, on_read);
}

static void serve_echo(void) {
  static uv_tcp_t server;
  struct sockaddr_in addr;
  int size = sizeof addr;
  uv_ip4_addr("127.0.0.1", 0, &addr);
  uv_tcp_init(&loop, &server);
  check("bind", uv_tcp_bind(&server, (struct sockaddr *)&addr, 0));
  check("listen", uv_listen((uv_stream_t *)&server, 511, on_connection));
  check("getsockname", uv_tcp_getsockname(&server, (struct sockaddr *)&addr, &size));
  printf("127.0.0.1:%d\n", ntohs(addr.sin_port));
  fflush(stdout);
}

/* posts: a thread sends and waits until it was seen */

static uv_async_t async;
static sem_t seen;
static long posts;

static void on_async(uv_async_t *h) { sem_post(&seen); }

static void posted(uv_async_t *h) {
  answer(*(double *)h->data);
  free(h->data);
  uv_close((uv_handle_t *)h, free_handle);
}

static void post_all(void *finished) {
  double *each = malloc(sizeof *each), start = now();
  for (long i = 0; i < posts; i++) {
    uv_async_send(&async);
    sem_wait(&seen);
  }
  *each = (now() - start) / posts;
  ((uv_async_t *)finished)->data = each;
  uv_async_send(finished);
}

static void post(long n) {
  uv_thread_t t;
  uv_async_t *finished = malloc(sizeof *finished);
  posts = n;
  uv_async_init(&loop, finished, posted);
  check("thread", uv_thread_create(&t, post_all, finished));
}

/* the pool */

static volatile unsigned long long sink;

static void compute(uv_work_t *w) {
  unsigned long long x = 1;
  for (int i = 0; i < 4000000; i++) x = x * 6364136223846793005ULL + 1442695040888963407ULL;
  sink = x;
}

static void compute_again(uv_work_t *w, int status) { uv_queue_work(&loop, w, compute, compute_again); }

static void busy(int in_flight) {
  for (int i = 0; i < in_flight; i++) compute_again(malloc(sizeof(uv_work_t)), 0);
  answer(0);
}

typedef struct {
  uv_fs_t req;
  uv_file file;
  char buf[FILE_SIZE];
} slot;

static slot slots[MANY];
static long left, total;
static int active;
static double started;
static void (*begin)(slot *);
static uv_file open_file;

static void next(slot *s) {
  if (left-- > 0)
    begin(s);
  else if (--active == 0)
    answer((now() - started) / total);
}

/* result returns what a request has come to, and ends the program if it failed. */
static ssize_t result(uv_fs_t *req) {
  ssize_t n = req->result;
  check("file", n);
  uv_fs_req_cleanup(req);
  return n;
}

static void complete(uv_fs_t *req) {
  if (result(req) == FILE_SIZE) return;
  fprintf(stderr, "the file was not read to its end\n");
  exit(1);
}

static void is_done(uv_fs_t *req) {
  result(req);
  next((slot *)req);
}

static void begin_stat(slot *s) { uv_fs_stat(&loop, &s->req, file_name, is_done); }

static void was_read(uv_fs_t *req) {
  complete(req);
  next((slot *)req);
}

static void begin_read(slot *s) {
  uv_buf_t buf = uv_buf_init(s->buf, FILE_SIZE);
  uv_fs_read(&loop, &s->req, open_file, &buf, 1, 0, was_read);
}

static void all_read(uv_fs_t *req) {
  complete(req);
  uv_fs_close(&loop, req, ((slot *)req)->file, is_done);
}

static void is_open(uv_fs_t *req) {
  slot *s = (slot *)req;
  s->file = result(req);
  uv_buf_t buf = uv_buf_init(s->buf, FILE_SIZE);
  uv_fs_read(&loop, req, s->file, &buf, 1, 0, all_read);
}

static void begin_readfile(slot *s) { uv_fs_open(&loop, &s->req, file_name, UV_FS_O_RDONLY, 0, is_open); }

static void repeat(void (*fn)(slot *), long n, int in_flight) {
  begin = fn;
  left = total = n;
  active = in_flight < MANY ? in_flight : MANY;
  started = now();
  for (int i = 0, count = active; i < count; i++) next(&slots[i]);
}

/* commands */

static void command(const char *line) {
  char name[32];
  long n;
  int in_flight;
  if (sscanf(line, "%31s %ld %d", name, &n, &in_flight) != 3) {
    printf("not a command: %s\n", line);
    fflush(stdout);
  } else if (strcmp(name, "gc") == 0) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    answer(0);
  } else if (strcmp(name, "busy") == 0) {
    busy(in_flight);
  } else if (strcmp(name, "post") == 0) {
    post(n);
  } else if (strcmp(name, "stat") == 0) {
    repeat(begin_stat, n, in_flight);
  } else if (strcmp(name, "readfile") == 0) {
    repeat(begin_readfile, n, in_flight);
  } else if (strcmp(name, "read") == 0) {
    uv_fs_t req;
    open_file = uv_fs_open(&loop, &req, file_name, UV_FS_O_RDONLY, 0, NULL);
    check(file_name, open_file);
    repeat(begin_read, n, in_flight);
  } else {
    printf("none\n");
    fflush(stdout);
  }
}

static char line[256];
static size_t line_size;

static void lend_line(uv_handle_t *h, size_t size, uv_buf_t *buf) {
  *buf = uv_buf_init(line + line_size, sizeof line - 1 - line_size);
}

static void on_input(uv_stream_t *in, ssize_t n, const uv_buf_t *buf) {
  if (n == UV_EOF) exit(0);
  check("standard input", n);
  line_size += n;
  line[line_size] = 0;
  for (char *end; (end = strchr(line, '\n')) != NULL;) {
    *end = 0;
    command(line);
    line_size -= end + 1 - line;
    memmove(line, end + 1, line_size + 1);
  }
}

int main(int argc, char **argv) {
  if (argc != 3 || strcmp(argv[1], "echo") != 0) {
    printf("none\n");
    return 0;
  }
  snprintf(file_name, sizeof file_name, "%s/file", argv[2]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  sem_init(&seen, 0, 0);
  uv_loop_init(&loop);
  uv_async_init(&loop, &async, on_async);
  static uv_pipe_t in;
  uv_pipe_init(&loop, &in, 0);
  check("standard input", uv_pipe_open(&in, 0));
  check("standard input", uv_read_start((uv_stream_t *)&in, lend_line, on_input));
  serve_echo();
  return uv_run(&loop, UV_RUN_DEFAULT);
}
