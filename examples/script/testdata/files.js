// Files, and what is said when something is wrong with them.
const fs = require('fs').promises;
const dir = process.argv[2];
const missing = dir + '/missing/file';

const fails = async (name, promise) => {
	try {
		console.log(name, 'no error', await promise);
	} catch (e) {
		const {code, errno, syscall, path, dest} = e;
		console.log(name, e instanceof Error, e.name, e.message.replaceAll(dir, 'DIR'), code, errno, syscall,
			path?.replace(dir, 'DIR'), dest?.replace(dir, 'DIR'), Object.keys(e).join());
	}
};

(async () => {
	console.log(await fs.mkdir(dir + '/d'), await fs.writeFile(dir + '/d/a', 'grüße, 世界\n'));
	console.log(await fs.appendFile(dir + '/d/a', new Uint8Array([0x62, 0x79, 0x65])));
	console.log(await fs.readFile(dir + '/d/a', 'utf8'));
	console.log(await fs.readFile(dir + '/d/a', {encoding: 'utf-8'}) === await fs.readFile(dir + '/d/a', 'utf8'));
	const bytes = await fs.readFile(dir + '/d/a');
	console.log(bytes instanceof Uint8Array, bytes.length, [...bytes.subarray(0, 4)].join());
	await fs.writeFile(dir + '/d/b', bytes.subarray(0, 4), {mode: 0o600});
	await fs.writeFile(dir + '/d/b', '!', {flag: 'a'});
	console.log(await fs.readFile(dir + '/d/b', 'utf8'));
	await fs.writeFile(dir + '/d/bad', new Uint8Array([0x61, 0xff, 0x62]));
	console.log(await fs.readFile(dir + '/d/bad', 'utf8'));
	console.log(await fs.readdir(dir + '/d'));
	const s = await fs.stat(dir + '/d/b');
	console.log(s.size, s.mode.toString(8), s.isFile(), s.isDirectory(), s.isSymbolicLink(),
		s.mtime instanceof Date, s.mtimeMs > 1e12);
	console.log((await fs.stat(dir)).isDirectory(), (await fs.lstat(dir + '/d')).isFile());
	await fs.rename(dir + '/d/b', dir + '/d/c');
	await fs.access(dir + '/d/c');
	console.log(await fs.mkdir(dir + '/x/y/z', {recursive: true}) === dir + '/x', await fs.readdir(dir + '/x'));

	await fails('readFile', fs.readFile(missing));
	await fails('readFile of a directory', fs.readFile(dir));
	await fails('writeFile', fs.writeFile(missing, ''));
	await fails('writeFile, exclusive', fs.writeFile(dir + '/d/a', '', {flag: 'wx'}));
	await fails('appendFile', fs.appendFile(missing, ''));
	await fails('readdir', fs.readdir(missing));
	await fails('readdir of a file', fs.readdir(dir + '/d/a'));
	await fails('stat', fs.stat(missing));
	await fails('lstat', fs.lstat(missing));
	await fails('access', fs.access(missing));
	await fails('mkdir', fs.mkdir(missing));
	await fails('mkdir of what is there', fs.mkdir(dir));
	await fails('unlink', fs.unlink(missing));
	await fails('unlink of a directory', fs.unlink(dir + '/x/y/z'));
	await fails('rmdir', fs.rmdir(missing));
	await fails('rmdir of a file', fs.rmdir(dir + '/d/a'));
	await fails('rmdir of what is not empty', fs.rmdir(dir + '/x'));
	await fails('rename', fs.rename(missing, dir + '/new'));
	for (const name of ['readFile', 'mkdir', 'stat', 'unlink']) {
		await fs[name]({}).catch(e => console.log('a path that is none', name, e.name, e.code));
	}
	await fails('a path through a file', fs.readFile(dir + '/d/a/b'));

	for (const name of await fs.readdir(dir + '/d')) await fs.unlink(dir + '/d/' + name);
	console.log(await fs.mkdir(dir + '/d', {recursive: true}), await fs.rmdir(dir + '/d'), await fs.readdir(dir));

	try {
		require('no such module');
	} catch (e) {
		console.log(e.name, e.code);
	}

	// Side by side, in whatever order, and each once.
	const names = [...Array(20).keys()].map(i => `${dir}/${i}`);
	await Promise.all(names.map((name, i) => fs.writeFile(name, `${i}`)));
	const texts = await Promise.all(names.map(name => fs.readFile(name, 'utf8')));
	console.log(texts.join(' '));
})();
