setImmediate(() => console.log('never'));
process.nextTick(() => console.log('tick'));
(async () => {
	await null;
	queueMicrotask(() => process.nextTick(() => console.log('last')));
	throw new TypeError('from an async function');
})();
