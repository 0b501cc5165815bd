// npm start              starts the chat
// npm start -- <name>    starts the example of that name
import { StartError, startExample } from './start-example.js';

const [name] = process.argv.slice(2);
const { PORT: port, HOST: host } = process.env;

try {
  const { app, url, invitation } = await startExample({ name, port, host });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not once: the terminal and npm may both pass on a Ctrl+C, and the second would cut the closing short.
    process.on(signal, () => void app.close());
  }
  console.log(`Open ${url} in two windows, and ${invitation}. Ctrl+C ends it.`);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
}
