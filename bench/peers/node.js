// The rows of bench on Node. Prints a line "name nanoseconds-per-operation" each.
const only = process.argv[2] || '';
const rows = [];
let untimed = 0n; // waited in the present row for what it must not measure

function row(name, n, start) {
  if (name.includes(only)) rows.push({name, n, start});
}

// chain queues one callback after the other, burst all at once.
const chain = queue => (n, done) => {
  const step = () => { if (--n > 0) queue(step); else done(); };
  queue(step);
};
const burst = queue => (n, done) => {
  const step = () => { if (--n === 0) done(); };
  for (let i = n; i > 0; i--) queue(step);
};

row('turns', 200000, chain(setImmediate));
row('immediate-chain', 200000, chain(setImmediate));
row('immediate-burst', 500000, burst(setImmediate));
row('tick-chain', 1000000, chain(process.nextTick));
row('tick-burst', 500000, burst(process.nextTick));
row('microtask-chain', 1000000, chain(queueMicrotask));
row('microtask-burst', 500000, burst(queueMicrotask));
row('timer-set-clear', 300000, (n, done) => {
  const none = () => {};
  for (let i = 0; i < n; i++) clearTimeout(setTimeout(none, 1000));
  done();
});
row('timer-rearm', 1000000, (n, done) => {
  const t = setTimeout(() => {}, 1000);
  for (let i = 0; i < n; i++) t.refresh();
  clearTimeout(t);
  done();
});
const fire = (n, done) => {
  let left = n;
  const step = () => { if (--left === 0) done(); };
  for (let i = 0; i < n; i++) setTimeout(step, 1 + i * 7919 % 3);
  const waiting = process.hrtime.bigint();
  while (process.hrtime.bigint() - waiting < 4000000n);
  untimed += process.hrtime.bigint() - waiting;
};
row('timers-fire-1k', 30000, (n, done) => {
  const round = () => { if ((n -= 1000) < 0) done(); else fire(1000, round); };
  round();
});
row('timers-fire-1M', 1000000, fire);
const insert = (n, kept) => {
  const none = () => {};
  for (let i = 0; i < n; i++) kept[i] = setTimeout(none, 1000000 + i * 7919 % 1000);
};
row('timers-insert-cancel-1k', 100000, (n, done) => {
  const few = [];
  for (; n > 0; n -= 1000) {
    insert(1000, few);
    few.forEach(clearTimeout);
  }
  done();
});
const kept = [];
row('timers-insert-1M', 1000000, (n, done) => { insert(n, kept); done(); });
row('timers-insert-cancel-1M', 1000000, (n, done) => {
  insert(n, kept);
  kept.forEach(clearTimeout);
  done();
});

(function next() {
  const r = rows.shift();
  if (!r) {
    kept.forEach(clearTimeout);
    return;
  }
  if (global.gc) gc();
  untimed = 0n;
  const start = process.hrtime.bigint();
  r.start(r.n, () => {
    console.log(r.name, Number(process.hrtime.bigint() - start - untimed) / r.n);
    setImmediate(next);
  });
})();
