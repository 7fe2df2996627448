// How many jobs each way of waiting takes.
const thenable = {then: resolve => resolve('thenable')};
const clock = name => {
	let p = Promise.resolve();
	for (let i = 1; i < 12; i++) p = p.then(() => console.log('job', i));
};
clock();
(async () => console.log('await', await 1))();
(async () => console.log('await promise', await Promise.resolve(2)))();
(async () => console.log('await thenable', await thenable))();
(async () => Promise.resolve(3))().then(v => console.log('async returns promise', v));
Promise.resolve().then(() => Promise.resolve(4)).then(v => console.log('then returns promise', v));
Promise.resolve().then(() => thenable).then(v => console.log('then returns thenable', v));
Promise.all([1, Promise.resolve(2)]).then(v => console.log('all', v.join()));
Promise.race([new Promise(() => {}), Promise.resolve('first')]).then(v => console.log('race', v));
Promise.any([Promise.reject(1), Promise.resolve(2)]).then(v => console.log('any', v));
Promise.allSettled([Promise.reject(1), 2]).then(v => console.log('allSettled', v.map(s => s.status).join()));
Promise.reject(new Error('late')).finally(() => console.log('finally')).catch(e => console.log('caught', e.message));
(async () => {
	try {
		await Promise.reject(new TypeError('inner'));
	} catch (e) {
		console.log('try', e.name, e.message);
	} finally {
		console.log('async finally');
	}
})();

// Not caught yet when it is rejected, but before the ticks and microtasks are through.
const p = Promise.reject(new Error('in time'));
process.nextTick(() => queueMicrotask(() => process.nextTick(() => p.catch(e => console.log('caught', e.message)))));
