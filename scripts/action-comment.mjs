// Puts the summary of a report into one comment of a pull request: a later run finds it by its mark and by who wrote it, and writes it anew. Run by action.yml, with what GitHub Actions puts into the
// environment.
import { readFileSync } from 'node:fs';

const MARK = '<!-- congruity gate -->';
/** GitHub takes no longer comment. */
const MOST = 65_000;

/** Whose comments the token of a run writes. */
const ACTIONS = 'github-actions[bot]';

const { GITHUB_API_URL, GITHUB_GRAPHQL_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, GITHUB_EVENT_PATH, SUMMARY } = process.env;
const { number } = JSON.parse(readFileSync(GITHUB_EVENT_PATH, 'utf8')).pull_request;
const comments = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/issues/${number}/comments`;

async function call(url, options) {
  const answer = await fetch(url, {
    ...options,
    headers: { authorization: `Bearer ${GITHUB_TOKEN}`, accept: 'application/vnd.github+json' },
  });
  if (!answer.ok) throw new Error(`${options?.method ?? 'GET'} ${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Login of whoever the token is of. REST tells it of people alone, and not of apps. */
async function self() {
  try {
    const { data } = await call(GITHUB_GRAPHQL_URL, { method: 'POST', body: '{"query":"{ viewer { login } }"}' });
    const { login } = data.viewer;
    // GraphQL leaves the ending out in some places
    return `${login}[bot]` === ACTIONS ? ACTIONS : login;
  } catch {
    return ACTIONS;
  }
}

/** Anybody can write the mark, and what others wrote stays as it is. */
async function earlier() {
  const login = await self();
  const isOwn = ({ user, body }) => user?.login === login && body?.startsWith(MARK);
  for (let page = 1; ; page++) {
    const found = await call(`${comments}?per_page=100&page=${page}`);
    const own = found.find(isOwn);
    if (own || found.length < 100) return own;
  }
}

let summary;
try {
  summary = readFileSync(SUMMARY, 'utf8');
} catch {
  summary = 'congruity could not judge: there is no report. The log of the run says why.\n';
}
const kept = summary.slice(0, MOST);
const unclosed = kept.lastIndexOf('<details>') > kept.lastIndexOf('</details>') ? '\n\n</details>' : '';
const cut = summary.length > MOST ? `${kept}${unclosed}\n\nThe rest is in the report.\n` : summary;
try {
  const own = await earlier();
  await call(own ? own.url : comments, {
    method: own ? 'PATCH' : 'POST',
    body: JSON.stringify({ body: `${MARK}\n${cut}` }),
  });
} catch (error) {
  // a pull request from a fork has a token that may only read: the verdict does not depend on the comment
  console.log(`::warning title=congruity::the comment was not written: ${String(error.message).split('\n')[0]}`);
}
