new Promise((resolve, reject) => reject({reason: 'none'}));
new Promise((resolve, reject) => reject('the second is not told'));
