// Nothing runs after process.exit, not even the rest of the function.
const after = name => () => console.log(name);
process.nextTick(after('tick'));
queueMicrotask(() => {
	setImmediate(after('immediate'));
	setTimeout(after('timer'), 0);
	queueMicrotask(after('microtask'));
	try {
		process.exit(7);
	} finally {
		console.log('finally');
	}
});
