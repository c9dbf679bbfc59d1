// Starts Swagger UI on the page of the API. It sends requests to this server only, with the session's cookie, and replaces the plain
// list of operations once it is ready; without it, the list stays.
const { definition } = document.currentScript.dataset;
const viewer = document.getElementById('api-viewer');
const plain = document.getElementById('api-operations');

const LEVELS = { H3: 2, H4: 3, H5: 4 };

/** Names what Swagger UI leaves without a name, and makes its headings and its landmark part of this page. */
function describeParts() {
  const set = (selector, name, value) => {
    for (const part of viewer.querySelectorAll(`${selector}:not([${name}])`)) part.setAttribute(name, typeof value === 'function' ? value(part) : value);
  };
  set('main#operations', 'role', 'group');
  set('main#operations', 'aria-label', 'Operations');
  set('#servers', 'aria-label', 'Server');
  set('tr[data-param-name] select', 'aria-label', (select) => select.closest('tr').dataset.paramName);
  set('textarea.body-param__text', 'aria-label', 'Request body');
  set('pre.microlight', 'tabindex', '0'); // it scrolls
  set('.responses-table', 'aria-label', (table) => {
    const operation = table.closest('.opblock');
    const part = (name) => operation?.querySelector(`.opblock-summary-${name}`)?.textContent ?? '';
    return `${table.classList.contains('live-responses-table') ? 'Response' : 'Documented responses'} of ${part('method')} ${part('path')}`;
  });
  set('h3, h4, h5', 'aria-level', (heading) => LEVELS[heading.tagName]);
}

window.SwaggerUIBundle({
  url: definition,
  domNode: viewer,
  docExpansion: 'none',
  defaultModelsExpandDepth: -1,
  filter: true,
  validatorUrl: null, // no other server checks the definition
  requestInterceptor: (request) => {
    request.headers['X-Cityheart'] = '1'; // a session changes data only with this header
    return request;
  },
  onComplete: () => {
    viewer.hidden = false;
    plain.hidden = true;
    describeParts();
    new MutationObserver(describeParts).observe(viewer, { childList: true, subtree: true });
  },
});
