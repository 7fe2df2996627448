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
		setTimeout(onward, 0); // not in this pass
	}, 2);
	const peer = setTimeout(log('never'), 2);
};

// One thing after the other from here on, so that a busy machine changes nothing.
const onward = () => {
	console.log('the next pass');
	let times = 0;
	const again = setTimeout(() => {
		console.log('again', ++times);
		if (times < 3) {
			again.refresh();
		} else {
			require('node:timers/promises').setTimeout(1, 'slept').then(console.log);
		}
	}, 1);
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
