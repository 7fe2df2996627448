const deeper = () => deeper() + 1;
setTimeout(deeper, 0);
setTimeout(() => console.log('never'), 0);
