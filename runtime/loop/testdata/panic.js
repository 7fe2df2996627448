// The program of TestHandledPanicsLetTheRestOfThePhaseRun.
const trace = [];
process.on('uncaughtException', e => trace.push('E:' + e));
const callback = name => () => {
  trace.push(name);
  process.nextTick(() => trace.push(name + '.tick'));
  if (name[1] == '2') throw name;
};
for (const name of ['t1', 't2', 't3', 't4']) setTimeout(callback(name), 0);
for (const name of ['i1', 'i2', 'i3', 'i4', 'i5']) setImmediate(callback(name));
process.on('exit', () => console.log(trace.join(' ')));
const end = process.hrtime.bigint() + 20000000n;
while (process.hrtime.bigint() < end);
