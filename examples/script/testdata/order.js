// Ticks, microtasks, promises, timers and immediates, from the script itself and from callbacks.
const fs = require('fs/promises');

// Without this a timer may not be due when its phase comes.
const busy = () => { for (const end = Date.now() + 5; Date.now() < end;); };
const log = name => () => console.log(name);

setTimeout(() => {
	console.log('timer 1');
	process.nextTick(log('timer 1, tick'));
	Promise.resolve().then(log('timer 1, job'));
	queueMicrotask(log('timer 1, microtask'));
}, 0);
setTimeout(log('timer 2'), 0);
queueMicrotask(log('microtask 1'));
Promise.resolve().then(() => {
	console.log('job 1');
	process.nextTick(log('job 1, tick'));
	queueMicrotask(log('job 1, microtask'));
}).then(log('job 1, then'));
queueMicrotask(log('microtask 2'));
process.nextTick((a, b) => {
	console.log('tick 1', a, b);
	process.nextTick(log('tick 1, tick'));
	Promise.resolve().then(log('tick 1, job'));
}, 'with', 'arguments');
process.nextTick(log('tick 2'));

(async () => {
	console.log('async: at once');
	await null;
	console.log('async: after one job');
	await fs.stat(__filename);
	setTimeout(log('io: timer'), 0);
	setImmediate(() => {
		console.log('io: immediate 1');
		process.nextTick(log('io: immediate 1, tick'));
		queueMicrotask(log('io: immediate 1, microtask'));
		setImmediate(log('io: immediate of immediate'));
	});
	setImmediate(log('io: immediate 2'));
	busy();
	process.nextTick(log('io: tick'));
	queueMicrotask(log('io: microtask'));
	await null;
	console.log('io: after one more job');
})();
console.log('script');

busy();
