/* The rows of bench on libuv. Prints a line "name nanoseconds-per-operation" each. */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

static const char *only = "";
static uv_loop_t loop;
static long left;
static double untimed; /* waited in the present row for what it must not measure */

/* Handles are never freed: the loop keeps them in its list until they are closed,
   and closing would be measured too. */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int wanted(const char *name) { return strstr(name, only) != NULL; }

static void print(const char *name, double start, long n) {
  printf("%s %f\n", name, (now() - start - untimed) / n);
  untimed = 0;
}

/* turns */

static void count_idle(uv_idle_t *h) {
  if (--left == 0) uv_idle_stop(h);
}

static void turns(void) {
  long n = left = 500000;
  static uv_idle_t h;
  uv_idle_init(&loop, &h);
  uv_idle_start(&h, count_idle);
  double start = now();
  uv_run(&loop, UV_RUN_DEFAULT);
  print("turns", start, n);
}

/* timers */

static void no_timer(uv_timer_t *h) {}

static void timers(const char *name, long n, long rounds) {
  uv_timer_t *ts = calloc(n, sizeof *ts);
  double start = now();
  for (long i = 0; i < n; i++) uv_timer_init(&loop, &ts[i]);
  for (long r = 0; r < rounds; r++) {
    uv_update_time(&loop);
    for (long i = 0; i < n; i++) {
      uv_timer_start(&ts[i], no_timer, (i * 7919) % 3, 0);
    }
    double waiting = now();
    usleep(3000);
    untimed += now() - waiting;
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  print(name, start, n * rounds);
}

static void insert_timers(void) {
  long n = 1000000;
  uv_timer_t *ts = calloc(n, sizeof *ts);
  double start = now();
  for (long i = 0; i < n; i++) {
    uv_timer_init(&loop, &ts[i]);
    uv_timer_start(&ts[i], no_timer, 1000000 + (i * 7919) % 1000, 0);
  }
  print("timers-insert-1M", start, n);
  for (long i = 0; i < n; i++) uv_timer_stop(&ts[i]);
  print("timers-insert-cancel-1M", start, n);
}

static void insert_and_cancel(void) {
  long n = 1000, rounds = 100;
  uv_timer_t *ts = calloc(n, sizeof *ts);
  double start = now();
  for (long i = 0; i < n; i++) uv_timer_init(&loop, &ts[i]);
  for (long r = 0; r < rounds; r++) {
    for (long i = 0; i < n; i++) uv_timer_start(&ts[i], no_timer, 1000000 + (i * 7919) % 1000, 0);
    for (long i = 0; i < n; i++) uv_timer_stop(&ts[i]);
  }
  print("timers-insert-cancel-1k", start, n * rounds);
}

static void free_timer(uv_handle_t *h) { free(h); }

static void set_and_clear(void) {
  long n = 300000;
  double start = now();
  for (long i = 0; i < n; i++) {
    uv_timer_t *t = malloc(sizeof *t);
    uv_timer_init(&loop, t);
    uv_timer_start(t, no_timer, 1000, 0);
    uv_close((uv_handle_t *)t, free_timer);
    if (i % 1000 == 999) uv_run(&loop, UV_RUN_NOWAIT);
  }
  print("timer-set-clear", start, n);
}

static void rearm(void) {
  long n = 2000000;
  static uv_timer_t t;
  uv_timer_init(&loop, &t);
  double start = now();
  for (long i = 0; i < n; i++) uv_timer_start(&t, no_timer, 1000, 0);
  print("timer-rearm", start, n);
  uv_timer_stop(&t);
}

/* posts: a queue behind a mutex, and an async that says it is not empty */

typedef struct post {
  struct post *next;
} post;

static uv_mutex_t mu;
static post *first, **last = &first;
static uv_async_t async;
static sem_t answered;
static int answer;

static void deliver(uv_async_t *h) {
  uv_mutex_lock(&mu);
  post *p = first;
  first = NULL;
  last = &first;
  uv_mutex_unlock(&mu);
  long n = 0;
  while (p) {
    post *next = p->next;
    free(p);
    p = next;
    n++;
  }
  left -= n;
  if (answer && n) sem_post(&answered);
  if (left == 0) uv_close((uv_handle_t *)&async, NULL);
}

static void send_one(void) {
  post *p = malloc(sizeof *p);
  p->next = NULL;
  uv_mutex_lock(&mu);
  int wake = first == NULL;
  *last = p;
  last = &p->next;
  uv_mutex_unlock(&mu);
  if (wake) uv_async_send(&async);
}

static void produce(void *arg) {
  for (long i = *(long *)arg; i > 0; i--) {
    send_one();
    if (answer) sem_wait(&answered);
  }
}

static void posts(const char *name, int producers, long each, int roundtrip) {
  uv_thread_t threads[8];
  left = producers * each;
  answer = roundtrip;
  uv_async_init(&loop, &async, deliver);
  double start = now();
  for (int i = 0; i < producers; i++) uv_thread_create(&threads[i], produce, &each);
  uv_run(&loop, UV_RUN_DEFAULT);
  print(name, start, producers * each);
  for (int i = 0; i < producers; i++) uv_thread_join(&threads[i]);
}

/* pool */

static void no_work(uv_work_t *w) {}

static void after(uv_work_t *w, int status) {
  if (left-- > 0)
    uv_queue_work(&loop, w, no_work, after);
  else
    free(w);
}

static void pool(const char *name, int in_flight, long n) {
  left = n - in_flight;
  double start = now();
  for (int i = 0; i < in_flight; i++) uv_queue_work(&loop, malloc(sizeof(uv_work_t)), no_work, after);
  uv_run(&loop, UV_RUN_DEFAULT);
  print(name, start, n);
}

int main(int argc, char **argv) {
  if (argc > 1) only = argv[1];
  uv_loop_init(&loop);
  uv_mutex_init(&mu);
  sem_init(&answered, 0, 0);
  if (wanted("turns")) turns();
  if (wanted("timers-fire-1k")) timers("timers-fire-1k", 1000, 30);
  if (wanted("timers-fire-1M")) timers("timers-fire-1M", 1000000, 1);
  if (wanted("timers-insert-cancel-1k")) insert_and_cancel();
  if (wanted("timers-insert-1M") || wanted("timers-insert-cancel-1M")) insert_timers();
  if (wanted("timer-set-clear")) set_and_clear();
  if (wanted("timer-rearm")) rearm();
  if (wanted("post-idle")) posts("post-idle", 1, 5000, 1);
  if (wanted("post-burst")) posts("post-burst", 1, 300000, 0);
  if (wanted("post-contended")) posts("post-contended", 4, 100000, 0);
  if (wanted("work-1-in-flight")) pool("work-1-in-flight", 1, 10000);
  if (wanted("work-32-in-flight")) pool("work-32-in-flight", 32, 100000);
  if (wanted("work-1000-in-flight")) pool("work-1000-in-flight", 1000, 200000);
  return 0;
}
