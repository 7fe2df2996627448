// What a script sees. The functions of host are in Go; the rest of the host gets what is
// returned here.
(function (host, name, args) {
'use strict';

// Kept, so that scripts may change what is global.
const {Array, Error, Map, Object, Promise, RangeError, Reflect, Set, String, Symbol, TypeError, Uint8Array} = globalThis;
const then = Promise.prototype.then;
const resolved = Promise.resolve();

const define = (target, members) => {
	for (const [key, value] of Object.entries(members)) {
		Object.defineProperty(target, key, {value, writable: true, configurable: true});
	}
};

const coded = (error, code, more) => Object.assign(error, {code}, more);

const received = value => {
	if (value === null || value === undefined) return `${value}`;
	if (typeof value == 'function') return `function ${value.name}`;
	if (typeof value == 'object') return value.constructor?.name ? `an instance of ${value.constructor.name}` : inspect(value);
	return `type ${typeof value} (${inspect(value)})`;
};

const wrongType = (name, wanted, value) => coded(
	new TypeError(`The "${name}" argument must be ${wanted}. Received ${received(value)}`), 'ERR_INVALID_ARG_TYPE');

const wantFunction = (name, value) => {
	if (typeof value != 'function') throw wrongType(name, 'of type function', value);
};

// Timers. A time is at least a millisecond, as in Node.

const milliseconds = ms => (ms = +ms) >= 1 && ms < 2 ** 31 ? Math.trunc(ms) : 1;

class Timeout {
	#timer;
	constructor(fn, ms, args, again) {
		wantFunction('callback', fn);
		this.#timer = host.timer(milliseconds(ms), again, () => fn.apply(this, args));
	}
	static clear(timeout) {
		if (timeout && typeof timeout == 'object' && #timer in timeout) timeout.#timer.stop();
	}
	ref() { this.#timer.ref(); return this; }
	unref() { this.#timer.unref(); return this; }
	hasRef() { return this.#timer.hasRef(); }
	refresh() { this.#timer.refresh(); return this; }
	close() { this.#timer.stop(); return this; }
}

class Immediate {
	#immediate;
	constructor(fn, args) {
		wantFunction('callback', fn);
		this.#immediate = host.immediate(() => fn.apply(this, args));
	}
	static clear(immediate) {
		if (immediate && typeof immediate == 'object' && #immediate in immediate) immediate.#immediate.stop();
	}
}

const timers = {
	setTimeout: (fn, ms, ...args) => new Timeout(fn, ms, args, false),
	setInterval: (fn, ms, ...args) => new Timeout(fn, ms, args, true),
	setImmediate: (fn, ...args) => new Immediate(fn, args),
	clearTimeout: Timeout.clear,
	clearInterval: Timeout.clear,
	clearImmediate: Immediate.clear,
};

const timersPromises = {
	setTimeout: (ms, value) => new Promise(resolve => timers.setTimeout(resolve, ms, value)),
	setImmediate: value => new Promise(resolve => timers.setImmediate(resolve, value)),
};

// A microtask is a job of a promise, so that both run in the order in which they were
// queued.
const queueMicrotask = fn => {
	wantFunction('callback', fn);
	Reflect.apply(then, resolved, [() => {
		try {
			fn();
		} catch (e) {
			host.uncaught(e);
		}
	}]);
};

const process = {
	argv: ['script', name, ...args],
	exitCode: undefined,
	exit(code = process.exitCode) { host.exit(code ?? 0); },
	nextTick(fn, ...args) {
		wantFunction('callback', fn);
		host.nextTick(() => fn(...args));
	},
};

// Files.

const fileError = (failure, syscall, path, dest) => {
	if (failure.op == 'read') syscall = 'read', path = undefined;
	let text = `${failure.code}: ${failure.text}, ${syscall}`;
	const error = {errno: failure.errno, code: failure.code, syscall};
	if (path !== undefined) text += ` '${error.path = path}'`;
	if (dest !== undefined) text += ` -> '${error.dest = dest}'`;
	return Object.assign(new Error(text), error);
};

// file returns the promise of an operation: start begins it on a path, or two.
const file = (syscall, start, path, dest) => new Promise((resolve, reject) => {
	start((failure, value) => failure ? reject(fileError(failure, syscall, path, dest)) : resolve(value));
});

const wantPath = (path, name = 'path') => {
	if (typeof path != 'string') throw wrongType(name, 'of type string', path);
};

const encodingOf = (options, otherwise) => {
	const encoding = (typeof options == 'string' ? options : options?.encoding) ?? otherwise;
	if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
		throw coded(new TypeError(`Unknown encoding: ${encoding}`), 'ERR_UNKNOWN_ENCODING');
	}
	return encoding;
};

const bytesOf = (name, data) => {
	if (data instanceof ArrayBuffer) return data.slice(0);
	if (ArrayBuffer.isView(data)) return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
	throw wrongType(name, 'of type string or an instance of ArrayBuffer, TypedArray, or DataView', data);
};

class Stats {
	#kind;
	constructor({kind, mode, size, mtimeMs}) {
		this.#kind = kind;
		Object.assign(this, {mode, size, mtimeMs, mtime: new Date(mtimeMs)});
	}
	isFile() { return this.#kind == 'file'; }
	isDirectory() { return this.#kind == 'directory'; }
	isSymbolicLink() { return this.#kind == 'link'; }
}

const flags = ['r+', 'w', 'wx', 'w+', 'wx+', 'a', 'ax', 'a+', 'ax+'];

const write = async (path, data, options, otherwise) => {
	wantPath(path);
	encodingOf(options, undefined);
	const flag = options?.flag ?? otherwise;
	if (!flags.includes(flag)) {
		throw coded(new TypeError(`The argument 'flags' is invalid. Received ${inspect(flag)}`), 'ERR_INVALID_ARG_VALUE');
	}
	const bytes = typeof data == 'string' ? data : bytesOf('data', data);
	await file('open', done => host.writeFile(path, flag, options?.mode ?? 0o666, bytes, done), path);
};

const plainFile = (name, syscall = name) => async path => {
	wantPath(path);
	await file(syscall, done => host[name](path, done), path);
};

const statFile = name => async path => {
	wantPath(path);
	return new Stats(await file(name, done => host[name](path, done), path));
};

const promises = {
	access: plainFile('access'),
	appendFile: (path, data, options) => write(path, data, options, 'a'),
	lstat: statFile('lstat'),
	async mkdir(path, options) {
		wantPath(path);
		const mode = (typeof options == 'number' ? options : options?.mode) ?? 0o777;
		const recursive = !!options?.recursive;
		const first = await file('mkdir', done => host.mkdir(path, mode, recursive, done), path);
		return recursive && first ? first : undefined;
	},
	async readFile(path, options) {
		wantPath(path);
		const encoding = encodingOf(options);
		const data = await file('open', done => host.readFile(path, encoding !== undefined, done), path);
		return encoding === undefined ? new Uint8Array(data) : data;
	},
	async readdir(path) {
		wantPath(path);
		return file('scandir', done => host.readdir(path, done), path);
	},
	async rename(from, to) {
		wantPath(from, 'oldPath');
		wantPath(to, 'newPath');
		await file('rename', done => host.rename(from, to, done), from, to);
	},
	rmdir: plainFile('rmdir'),
	stat: statFile('stat'),
	unlink: plainFile('unlink'),
	writeFile: (path, data, options) => write(path, data, options, 'w'),
};

// HTTP.

class Headers {
	#values = new Map();
	constructor(init = []) {
		for (const [key, value] of typeof init[Symbol.iterator] == 'function' ? init : Object.entries(init)) {
			this.append(key, value);
		}
	}
	append(key, value) {
		const there = this.get(key);
		this.set(key, there === null ? value : `${there}, ${value}`);
	}
	delete(key) { this.#values.delete(String(key).toLowerCase()); }
	get(key) { return this.#values.get(String(key).toLowerCase()) ?? null; }
	has(key) { return this.#values.has(String(key).toLowerCase()); }
	set(key, value) { this.#values.set(String(key).toLowerCase(), String(value).trim()); }
	forEach(fn, self) { for (const [key, value] of this) Reflect.apply(fn, self, [value, key, this]); }
	entries() { return this[Symbol.iterator](); }
	*keys() { for (const [key] of this) yield key; }
	*values() { for (const [, value] of this) yield value; }
	*[Symbol.iterator]() { yield* [...this.#values].sort(([a], [b]) => a < b ? -1 : 1); }
}

const fetchError = failure => {
	const cause = coded(new Error(failure.text), failure.code);
	return Object.assign(new TypeError('fetch failed'), {cause});
};

class Response {
	#call;
	constructor({call, status, statusText, url, redirected, headers}) {
		this.#call = call;
		define(this, {status, statusText, url, redirected, ok: status >= 200 && status < 300, headers: new Headers(headers)});
	}
	get bodyUsed() { return this.#call === undefined; }
	async #body(text) {
		if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read');
		const call = this.#call;
		this.#call = undefined;
		return new Promise((resolve, reject) => host.readBody(call, text, (failure, value) => {
			if (failure) {
				reject(Object.assign(new TypeError('terminated'), {cause: coded(new Error(failure.text), failure.code)}));
			} else {
				resolve(value);
			}
		}));
	}
	async text() { return this.#body(true); }
	async json() { return JSON.parse(await this.#body(true)); }
	async arrayBuffer() { return this.#body(false); }
	async bytes() { return new Uint8Array(await this.#body(false)); }
}

const fetch = async (url, {method = 'GET', headers, body} = {}) => {
	const fields = new Headers(headers);
	if (/^(delete|get|head|options|post|put)$/i.test(method)) method = method.toUpperCase();
	if (body !== undefined && body !== null) {
		if (method == 'GET' || method == 'HEAD') throw new TypeError('Request with GET/HEAD method cannot have body.');
		if (typeof body == 'string') {
			if (!fields.has('content-type')) fields.set('content-type', 'text/plain;charset=UTF-8');
		} else {
			body = bytesOf('body', body);
		}
	}
	url = String(url);
	return new Promise((resolve, reject) => {
		const done = (failure, response) => failure ? reject(fetchError(failure)) : resolve(new Response(response));
		if (!host.fetch(url, method, [...fields], body, done)) reject(new TypeError(`Failed to parse URL from ${url}`));
	});
};

// The console. Values are told as Node tells them, but for long arrays, which it sets in
// columns.

const quote = text => {
	const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes('`') ? '`' : "'";
	const escapes = {
		'\n': '\\n', '\t': '\\t', '\r': '\\r', '\b': '\\b', '\f': '\\f', '\v': '\\v', '\\': '\\\\', [mark]: '\\' + mark,
	};
	const hex = c => '\\x' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
	const escape = c => escapes[c] ?? (c < ' ' || c == '\x7f' ? hex(c) : c);
	return mark + [...text].map(escape).join('') + mark;
};

// stackOf tells an error with the lines that it came from, those of this file left out.
const stackOf = error => {
	const [first, ...frames] = String(error.stack ?? error).split(/\n(?=\s+at )/);
	return [first, ...frames
		.map(frame => '    ' + frame.trim().replace(/\(\d+\)(\)?)$/, '$1'))
		.filter(frame => !/\bhost:lib\.js:\d+:\d+\)?$|\bnative\)?$/.test(frame))].join('\n');
};

const primitive = value => {
	switch (typeof value) {
	case 'string': return quote(value);
	case 'bigint': return `${value}n`;
	case 'number': return Object.is(value, -0) ? '-0' : `${value}`;
	default: return String(value);
	}
};

const inspect = (value, depth = 0, above = []) => {
	if (value === null || typeof value != 'object' && typeof value != 'function') return primitive(value);
	if (above.includes(value)) return '[Circular *1]';
	const inner = v => inspect(v, depth + 1, [...above, value]);
	const isArray = Array.isArray(value);
	const type = value.constructor?.name;
	let head = isArray ? '' : type === undefined ? '[Object: null prototype] ' : type == 'Object' ? '' : type + ' ';
	let entries = [];
	let bare = false; // it is something without entries too
	if (typeof value == 'function') {
		const parent = Object.getPrototypeOf(value)?.name;
		head = /^class\b/.test(Function.prototype.toString.call(value))
			? `[class ${value.name || '(anonymous)'}${parent ? ' extends ' + parent : ''}]`
			: `[Function${value.name ? ': ' + value.name : ' (anonymous)'}]`;
		bare = true;
	} else if (value instanceof Error) {
		head = depth == 0 ? stackOf(value) : `[${stackOf(value)}]`;
		bare = true;
	} else if (value instanceof Date) {
		head = isNaN(value) ? 'Invalid Date' : value.toISOString();
		bare = true;
	} else if (value instanceof RegExp) {
		head = String(value);
		bare = true;
	}
	if (depth > 2 && !bare) return `[${isArray ? 'Array' : type ?? 'Object: null prototype'}]`;
	if (value instanceof Map) {
		head = `Map(${value.size}) `;
		entries = [...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`);
	} else if (value instanceof Set) {
		head = `Set(${value.size}) `;
		entries = [...value].map(inner);
	} else if (value instanceof Promise) {
		const [state, result] = host.promise(value);
		entries = [state == 'fulfilled' ? inner(result) : state == 'rejected' ? `<rejected> ${inner(result)}` : '<pending>'];
	} else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
		head = `${type}(${value.length}) `;
		entries = [...value].slice(0, 100).map(inner);
		if (value.length > 100) entries.push(`... ${value.length - 100} more item${value.length > 101 ? 's' : ''}`);
	}
	if (isArray) {
		for (let i = 0; i < value.length && i < 100; i++) entries.push(i in value ? inner(value[i]) : '<1 empty item>');
		if (value.length > 100) entries.push(`... ${value.length - 100} more item${value.length > 101 ? 's' : ''}`);
	}
	if (!ArrayBuffer.isView(value)) {
		for (const key of Reflect.ownKeys(value)) {
			const {enumerable, get, set, value: v} = Reflect.getOwnPropertyDescriptor(value, key);
			if (!enumerable || isArray && /^\d+$/.test(String(key))) continue;
			const label = typeof key == 'symbol' ? `[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
			entries.push(`${label}: ${get ? set ? '[Getter/Setter]' : '[Getter]' : set ? '[Setter]' : inner(v)}`);
		}
	}
	if (entries.length == 0 && bare) return head;
	const [open, close] = isArray || head && ArrayBuffer.isView(value) ? ['[', ']'] : ['{', '}'];
	if (bare) head += ' ';
	if (entries.length == 0) return `${head}${open}${close}`;
	const length = entries.reduce((sum, entry) => sum + entry.length, entries.length);
	if (length + head.length <= 72 && !entries.some(entry => entry.includes('\n')) && !head.includes('\n')) {
		return `${head}${open} ${entries.join(', ')} ${close}`;
	}
	return `${head}${open}\n${entries.map(entry => '  ' + entry.replaceAll('\n', '\n  ')).join(',\n')}\n${close}`;
};

const format = (...values) => {
	let text = '';
	if (typeof values[0] == 'string') {
		text = values.shift().replace(/%[sdifjoOc%]/g, spec => {
			if (spec == '%%') return values.length > 0 ? '%' : spec;
			if (values.length == 0) return spec;
			const value = values.shift();
			switch (spec) {
			case '%s': return typeof value == 'string' ? value : inspect(value);
			case '%d': return typeof value == 'object' ? 'NaN' : primitive(typeof value == 'bigint' ? value : Number(value));
			case '%i': return typeof value == 'object' ? 'NaN' : primitive(parseInt(value));
			case '%f': return primitive(parseFloat(value));
			case '%j': return JSON.stringify(value);
			case '%c': return '';
			default: return inspect(value);
			}
		});
		values.unshift(text);
	}
	return values.map(value => typeof value == 'string' ? value : inspect(value)).join(' ') + '\n';
};

const out = (...values) => host.write(1, format(...values));
const err = (...values) => host.write(2, format(...values));

// What is global, and what require finds.

define(globalThis, {
	global: globalThis, process, queueMicrotask, fetch, Headers, Response, ...timers,
	console: {log: out, info: out, debug: out, error: err, warn: err},
});

const modules = {
	'fs': {promises},
	'fs/promises': promises,
	'process': process,
	'timers': {...timers, promises: timersPromises},
	'timers/promises': timersPromises,
};

const require = name => {
	const found = modules[String(name).replace(/^node:/, '')];
	if (!found) throw coded(new Error(`Cannot find module '${name}'`), 'MODULE_NOT_FOUND');
	return found;
};

return {
	apply: (fn, args) => Reflect.apply(fn, undefined, args),
	main: script => {
		const module = {exports: {}};
		Reflect.apply(script, module.exports, [module.exports, require, module, name, name.replace(/[\\/][^\\/]*$/, '')]);
	},
	// describe tells an exception, or why a promise was rejected. Where it comes from is
	// known to an error, and else perhaps to the host.
	describe: (value, rejected, where) => {
		let text = inspect(value);
		if (value instanceof Error) {
			where = /^    at (?:.*\()?(.*:\d+):\d+\)?$/m.exec(stackOf(value))?.[1] ?? where;
		} else if (rejected) {
			const reason = value !== null && typeof value == 'object' ? `#<${value.constructor?.name ?? 'Object'}>` : String(value);
			text = 'UnhandledPromiseRejection: This error originated either by throwing inside of an async function without a ' +
				'catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the ' +
				`reason "${reason}".`;
		} else {
			text = `Uncaught ${text}`;
		}
		return `${where ? where + '\n\n' : ''}${text}\n`;
	},
	exitCode: () => process.exitCode ?? 0,
};
})
