// What can be done with timers and immediates.
const log = name => () => console.log(name);
let n = 0;
const interval = setInterval(function (...args) {
	console.log('interval', ++n, args.join(), this === interval);
	if (n == 3) {
		clearInterval(interval);
		after();
	}
}, 1, 'a', 'b');

const after = () => {
	clearTimeout(setTimeout(log('never'), 1));
	clearInterval(setTimeout(log('never'), 1));
	clearImmediate(setImmediate(log('never')));
	for (const none of [undefined, null, {}]) clearTimeout(none), clearImmediate(none);
	setTimeout(log('long, unreferenced'), 1e6).unref();
	const back = setTimeout(log('unreferenced and back'), 1).unref();
	console.log('hasRef', back.hasRef(), back.ref() === back, back.hasRef());
	setImmediate(() => clearImmediate(second));
	const second = setImmediate(log('never'));
	const due = setTimeout(() => {
		console.log('due');
		clearTimeout(peer);
		setTimeout(log('of the next pass'), 0);
	}, 2);
	const peer = setTimeout(log('never'), 2);
	let times = 0;
	const again = setTimeout(() => {
		console.log('again', ++times);
		if (times < 3) again.refresh();
	}, 30);
	const {setTimeout: sleep} = require('node:timers/promises');
	sleep(60, 'slept').then(console.log);
};

for (const wrong of [undefined, 'text', {}]) {
	for (const fn of [setTimeout, setInterval, setImmediate, queueMicrotask, process.nextTick]) {
		try {
			fn(wrong);
			console.log('no error');
		} catch (e) {
			console.log(e.name, e.code, e.message);
		}
	}
}
