require('fs').promises.readFile('/no/such/file').then(() => console.log('never'));
