// Requests to the server of the test, whose URL is the second argument.
const [,, , url, closed] = process.argv;

const show = async response => {
	const {status, statusText, ok, url: at, redirected} = response;
	console.log(status, statusText, ok, at.replace(url, 'URL'), redirected, response.headers.get('Content-Type'));
	return response;
};
const fails = async promise => {
	try {
		console.log('no error', await promise);
	} catch (e) {
		const code = /^E[A-Z]+$/.test(e.cause?.code) ? e.cause.code : '';
		console.log(e instanceof Error, e.name, e instanceof SyntaxError ? '' : e.message, code);
	}
};

(async () => {
	let r = await show(await fetch(url + '/text'));
	console.log(r.bodyUsed, await r.text(), r.bodyUsed);
	await fails(r.text());
	r = await show(await fetch(url + '/json'));
	const value = await r.json();
	console.log(value.list.length, value.name, r.headers.has('x-own'), r.headers.get('X-Own'), r.headers.get('x-none'));
	await fails((await fetch(url + '/text')).json());
	console.log([...new Uint8Array(await (await fetch(url + '/bytes')).arrayBuffer())].join());
	r = await show(await fetch(url + '/missing'));
	console.log(await r.text());
	await show(await fetch(url + '/moved'));

	for (const options of [
		{method: 'post', body: 'grüße'},
		{method: 'PUT', body: new Uint8Array([0x61, 0x62]).subarray(1), headers: {'X-Own': 'one'}},
		{method: 'DELETE', headers: [['x-own', 'two'], ['content-type', 'text/x']]},
		{headers: new Headers({'X-Own': ' three '})},
	]) {
		const r = await fetch(url + '/echo', options);
		console.log(await r.text());
	}
	r = await fetch(url + '/echo', {method: 'HEAD'});
	console.log(r.status, JSON.stringify(await r.text()));
	console.log((await (await fetch(url + '/big')).text()).length);

	await fails(fetch(closed));
	await fails(fetch('no URL'));
	await fails(fetch(url, {body: 'x'}));
	await fails((await fetch(url + '/cut')).text());

	// A job of a promise comes before the callback of what it has waited for.
	const both = await Promise.all(['/text', '/json'].map(path => fetch(url + path).then(r => r.text())));
	console.log(both.map(text => text.length).join());
	setTimeout(() => console.log('timer'), 0);
	setImmediate(() => console.log('immediate'));
	process.nextTick(() => console.log('tick'));
	queueMicrotask(() => console.log('microtask'));
})();
