process.nextTick(() => console.log('never'));
setTimeout(() => console.log('never'), 0);
const f = () => {
	throw new RangeError('from the script');
};
f();
