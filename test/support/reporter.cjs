/**
 * Mocha's dots, and the files with a failure in them, a line each, in the file that MOORAGE_FAILED_FILES names: `.ci/run` runs these once more.
 * CommonJS, since mocha loads reporters with `require` and takes what the module is.
 */
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class extends reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const list = process.env.MOORAGE_FAILED_FILES;
    if (list) runner.on('fail', (test) => appendFileSync(list, `${test.file ?? ''}\n`));
  }
};
