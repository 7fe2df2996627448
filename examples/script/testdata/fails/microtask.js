Promise.resolve().then(() => console.log('first'));
queueMicrotask(() => {
	throw Object.assign(new Error('from a microtask'), {code: 'E_OWN'});
});
Promise.resolve().then(() => console.log('never'));
