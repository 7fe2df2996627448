// A server of bench on Node: see session.go for what it is asked.
const fs = require('fs');
const path = require('path');

const [speaks, dir] = process.argv.slice(2);
const file = path.join(dir, 'file');
const size = fs.statSync(file).size;

function echo(socket) {
  socket.on('data', p => { if (!socket.write(p)) socket.pause(); });
  socket.on('drain', () => socket.resume());
  socket.on('error', () => socket.destroy());
}

const servers = {
  echo: () => require('net').createServer({noDelay: true}, echo),
  tls: () => require('tls').createServer({
    cert: fs.readFileSync(path.join(dir, 'cert.pem')),
    key: fs.readFileSync(path.join(dir, 'key.pem')),
    noDelay: true,
  }, echo).on('tlsClientError', fail),
  http: () => require('http').createServer((req, res) => res.end('hello')),
};

function fail(err) {
  console.error(err);
  process.exit(1);
}

// repeat does n operations, no more than inFlight at a time, and answers with the
// time of each. op makes what starts one of them and has the callback called.
function repeat(n, inFlight, op) {
  const start = process.hrtime.bigint();
  let left = n, active = 0;
  for (let i = 0; i < inFlight; i++) {
    const begin = op(err => {
      if (err) fail(err);
      next();
    });
    const next = () => {
      if (left-- > 0) begin();
      else if (--active === 0) console.log('ok', Number(process.hrtime.bigint() - start) / n);
    };
    active++;
    next();
  }
}

const complete = (n, err) => err || (n === size ? null : new Error(`read ${n} of ${size} bytes`));

const commands = {
  gc() {
    gc();
    gc();
    console.log('ok 0');
  },
  busy(n, inFlight) {
    const crypto = require('crypto');
    const again = err => {
      if (err) fail(err);
      crypto.pbkdf2('secret', 'salt', 5000, 32, 'sha256', again);
    };
    for (let i = 0; i < inFlight; i++) again();
    console.log('ok 0');
  },
  stat(n, inFlight) {
    repeat(n, inFlight, done => () => fs.stat(file, done));
  },
  readfile(n, inFlight) {
    repeat(n, inFlight, done => {
      const told = (err, data) => done(complete(data && data.length, err));
      return () => fs.readFile(file, told);
    });
  },
  read(n, inFlight) {
    const fd = fs.openSync(file);
    repeat(n, inFlight, done => {
      const buf = Buffer.alloc(size);
      const told = (err, n) => done(complete(n, err));
      return () => fs.read(fd, buf, 0, size, 0, told);
    });
  },
};

const server = servers[speaks]();
server.on('error', fail);
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));

require('readline').createInterface({input: process.stdin}).on('line', line => {
  const [name, n, inFlight] = line.split(' ');
  if (commands[name]) commands[name](Number(n), Number(inFlight));
  else console.log('none');
}).on('close', () => process.exit(0));
