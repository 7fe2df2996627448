process.nextTick(() => {
	process.nextTick(() => console.log('never'));
	throw new Error('from a tick');
});
process.nextTick(() => console.log('never'));
queueMicrotask(() => console.log('never'));
