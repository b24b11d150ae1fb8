// Runs the audits of graphql-http against a server: node audits.mjs URL KEY. Prints one JSON object a line.
import { serverAudits } from "graphql-http";

const [url, key] = process.argv.slice(2);

function fetchFn(target, options = {}) {
  return fetch(target, { ...options, headers: { ...options.headers, authorization: `Bearer ${key}` } });
}

for (const audit of serverAudits({ url, fetchFn })) {
  const result = await audit.fn();
  console.log(JSON.stringify({ id: audit.id, name: audit.name, status: result.status, reason: result.reason }));
}
