// Runs statements in a new database of DuckDB: reads them as JSON and writes how long
// each took. The folder ENGINES has its package.
import { readFileSync } from 'node:fs';

const { DuckDBInstance } = await import(`${process.env.ENGINES}/node_modules/@duckdb/node-api/lib/index.js`);
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const version = (await connection.runAndReadAll('SELECT version()')).getRows()[0][0];
const Seconds = [];
for (const { sql } of JSON.parse(readFileSync(0, 'utf8'))) {
  const start = performance.now();
  try {
    await connection.run(sql);
  } catch (err) {
    console.error(`${err.message}\n${sql}`);
    process.exit(1);
  }
  Seconds.push((performance.now() - start) / 1000);
}
console.log(JSON.stringify({ Version: version, Seconds }));
