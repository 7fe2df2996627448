// The program of TestCallbacksRunInTheOrderOfNode.
const fs = require('fs');
const trace = [];
const add = name => () => trace.push(name);

setTimeout(() => {
  trace.push('t1');
  process.nextTick(add('t1.tick'));
  queueMicrotask(add('t1.micro'));
}, 0);
setTimeout(add('t2'), 0);
setImmediate(() => {
  trace.push('i1');
  process.nextTick(add('i1.tick'));
  setImmediate(add('i3'));
});
setImmediate(add('i2'));
process.nextTick(() => {
  trace.push('n1');
  queueMicrotask(add('n1.micro'));
  process.nextTick(add('n2'));
});
queueMicrotask(() => {
  trace.push('m1');
  process.nextTick(add('m1.tick'));
  queueMicrotask(add('m1.m'));
});
fs.readFile(__filename, () => {
  trace.push('io');
  setTimeout(add('io.t0'), 0);
  setImmediate(add('io.imm'));
  process.nextTick(add('io.tick'));
  queueMicrotask(add('io.micro'));
});
process.on('exit', () => console.log(trace.join(' ')));

// Without this the timers may not be due in the first turn.
const end = process.hrtime.bigint() + 20000000n;
while (process.hrtime.bigint() < end);
