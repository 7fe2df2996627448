// What keeps the program alive is waited for; what does not is not.
setTimeout(() => console.log('never'), 1e5).unref();
setImmediate(() => {
	console.log('immediate');
	require('fs').promises.readFile(__filename, 'utf8').then(text => {
		console.log('file', text.length);
		process.exitCode = 3;
	});
});
