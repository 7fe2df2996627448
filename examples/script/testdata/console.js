// How values are told.
console.log();
console.log('text', 1, -0, 1.5, 10n, true, null, undefined, Symbol('s'));
console.log('%s is %d years and %i, %f, %j %o%% %c.', 'Ann', 42.5, 42.9, '1.5', {a: [1]}, 'x', 'css', 'more', {b: 1});
console.log('100%', '%s', '%d');
console.log([], {}, [1, 'two', [3]], {a: 1, 'b-c': 'it\'s', d: {e: {f: {g: 1}}}}, 
	[[[[1]]]]);
console.log([1, , 3], [undefined, null], {u: undefined, [Symbol('k')]: 1, f() {}, get g() { return 1; }});
console.log(new Map([['a', 1], [{b: 1}, [2]]]), new Set([1, 'x']), new Date(0), /re+/g, new Uint8Array([1, 2]));
console.log(() => {}, function named() {}, class A {}, class extends Array {});
console.log(new (class Point { constructor() { this.x = 1; } })(), Object.create(null), Object.assign(Object.create(null), {a: 1}));
console.log(Promise.resolve(1), new Promise(() => {}), 'line\nbreak', ['line\nbreak\t\\']);
console.log({long: 'x'.repeat(40), longer: 'y'.repeat(40), list: ['z'.repeat(30), 'z'.repeat(30), 'z'.repeat(30)]});
console.error('to stderr');
console.info('info'), console.debug('debug'), console.warn('to stderr');
