setImmediate(() => console.log('never'));
setTimeout(() => {
	Promise.resolve().then(() => console.log('never'));
	throw new Error('from a timer');
}, 0);
for (const end = Date.now() + 5; Date.now() < end;);
setTimeout(() => console.log('never'), 0);
